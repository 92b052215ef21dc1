"""Notehub, the cloud behind a simulated Notecard: routes notes to a web hook, takes notes for it.

    python -m firmware_bridge.simulators.notehub --hook http://127.0.0.1:8410/hooks/notehub

is a card with its cloud: it prints the card's pty on its first line, and where the cloud takes
notes on its second.

After Blues' documents (dev.blues.io: Notehub walkthrough, event API, note API; their OpenAPI file):
a route posts one JSON event for each note, with what Notehub knows of the device's place; a route
has failed after 30 s without an answer, or with a status from 500 on, and is tried again. Notes for
a device are posted to ``/v1/projects/{app}/devices/{dev}/notes/{file}`` with a bearer token.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import random
import ssl
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from firmware_bridge.simulators.http_interface import Answered, Asked
from firmware_bridge.simulators.notecard import NotecardSimulator
from firmware_bridge.simulators.posting_cloud import PostingCloud
from firmware_bridge.simulators.pty_device import run_program
from firmware_bridge.simulators.webhook import (
    Manners,
    Poster,
    Weather,
    add_options,
    weather_of,
)

PROJECT = "app:2606f411-dea6-44a0-9743-1130f57d77d8"
PLACE = (42.573817, 79.182645)
_MANNERS = Manners("application/json", 30.0, lambda status: 0 < status < 500)
_MOST_PAYLOAD_BYTES = 250
_INBOUND = (".qi", ".qis", ".db", ".dbs")
_Queue = Callable[[bytes], None]


def routed_event(
    device: str,
    file: str,
    payload: bytes,
    place: tuple[float, float] = PLACE,
    rng: random.Random | None = None,
) -> dict[str, Any]:
    """The event of one note, with what Notehub adds; ``place`` is the tower's."""
    drawn, now_s = rng or random.Random(0), time.time()
    found = {"lat": place[0], "lon": place[1], "country": "KG", "location": "Ak-Shyirak"}
    return {
        "event": str(uuid.UUID(int=drawn.getrandbits(128), version=4)),
        "session": str(uuid.UUID(int=drawn.getrandbits(128), version=4)),
        "best_id": device,
        "device": device,
        "product": "product:org.example.ridge:traps",
        "app": PROJECT,
        "received": now_s,
        "req": "note.add",
        "when": int(now_s),
        "file": file,
        "payload": base64.b64encode(payload).decode("ascii"),
        "best_location_type": "tower",
        **{f"best_{name}": value for name, value in found.items()},
        **{f"tower_{name}": value for name, value in found.items()},
        "tower_id": "437,5,5043,23801",
        "transport": "cell:lte",
    }


class Notehub(PostingCloud):
    """A project of one route. ``url`` stands in the place of ``https://api.notefile.net``.

    Cards are joined by ``receiver``, which a NotecardSimulator gets as its ``on_note``, and
    ``connect``, which gets that simulator's ``send_downlink``.
    """

    def __init__(
        self,
        token: str,
        *,
        project: str = PROJECT,
        place: tuple[float, float] = PLACE,
        seed: int = 0,
        speed: float = 1.0,
        weather: Weather | None = None,
        api_failure: float = 0.0,
    ) -> None:
        """``api_failure`` is the share of notes for devices that are answered with 500."""
        super().__init__(_MANNERS, seed, speed, weather)
        self._token = token
        self._project = project
        self._place = place
        self._api_failure = api_failure
        self._devices: dict[str, tuple[str, _Queue]] = {}
        self.answers: list[int] = []
        """The statuses that the interface gave."""

    @property
    def route(self) -> Poster:
        """The project's hook, as Notehub calls it."""
        return self.hook

    def receiver(self, device: str, file: str = "up.qo") -> Callable[[bytes], None]:
        """Takes the notes that the card ``device`` syncs from its Notefile ``file``."""

        def take(payload: bytes) -> None:
            with self._lock:
                event = self._event(device, file, payload)
            self.hook.post(json.dumps(event).encode())

        return take

    def connect(self, device: str, queue: _Queue, inbox: str = "down.qi") -> None:
        """Let what is added to ``inbox`` reach the card ``device``."""
        with self._lock:
            self._devices[device] = (inbox, queue)

    def post_session(self, device: str) -> None:
        """Route an event that no host made: the card opened a session."""
        with self._lock:
            event = self._event(device, "_session.qo", b"")
        del event["payload"]
        self.hook.post(json.dumps({**event, "req": "session.begin"}).encode())

    def _event(self, device: str, file: str, payload: bytes) -> dict[str, Any]:
        event = routed_event(device, file, payload, self._place, self._random)
        return {**event, "app": self._project}

    def answer(self, asked: Asked) -> Answered:
        """See PostingCloud."""
        status, text = self._status(asked)
        self.answers.append(status)
        if status == 200:
            return Answered(200, "application/json", b"{}")
        error = {"err": text, "code": status, "status": text.split(":")[0]}
        return Answered(status, "application/json", json.dumps(error).encode())

    def _status(self, asked: Asked) -> tuple[int, str]:
        if asked.authorization != f"Bearer {self._token}":
            return 401, "unauthorized: no such token"
        if self._random.random() < self._api_failure:
            return 500, "internal: try again later"
        parts = [unquote(part) for part in asked.path.split("/")]
        if len(parts) != 8 or parts[1:3] != ["v1", "projects"] or parts[6] != "notes":
            return 404, "not-found: no such endpoint"
        project, device, file = parts[3], parts[5], parts[7]
        if project != self._project:
            return 403, "forbidden: no such project"
        if device not in self._devices:
            return 404, f"not-found: device {device}"
        payload = _payload(asked.body) if file.endswith(_INBOUND) else None
        if payload is None:
            return 400, "bad-request: this is no note for a device"
        inbox, queue = self._devices[device]
        if file == inbox:
            queue(payload)
        return 200, ""


def _payload(body: bytes) -> bytes | None:
    """The payload of a note; None where it has none that a card could hold."""
    try:
        payload = base64.b64decode(json.loads(body)["payload"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None
    return payload if 0 < len(payload) <= _MOST_PAYLOAD_BYTES else None


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="notehub", description=__doc__.splitlines()[0])
    add_options(parser)
    parser.add_argument("--device", default="dev:860322068012345", help="the card's DeviceUID")
    parser.add_argument("--token", default="token", help="lets in who has notes for it")
    given = parser.parse_args()
    seed, speed = given.seed, given.speed
    with Notehub(given.token, seed=seed, speed=speed, weather=weather_of(given)) as hub:
        hub.hook.aim(given.hook, ssl.create_default_context(cafile=given.ca_file))
        card = NotecardSimulator(hub.receiver(given.device), seed=seed, speed=speed)
        hub.connect(given.device, card.send_downlink)
        run_program(card, card.send_downlink, hub.url)


if __name__ == "__main__":
    main()
