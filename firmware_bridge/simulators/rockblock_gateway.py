"""Ground Control's RockBLOCK services behind a simulated Iridium modem: a web hook, and messages
down for credits.

    python -m firmware_bridge.simulators.rockblock_gateway \\
        --hook http://127.0.0.1:8410/hooks/rockblock

is a modem with its gateway: it prints the modem's pty on its first line, and where the gateway
takes messages down on its second.

After Ground Control's documents (docs.groundcontrol.com: RockBLOCK, web services): each message up
is posted as a form or as JSON, with Iridium's estimate of where the modem is, and counts as handled
with status 200 within 3 s alone. Messages down are posted to ``/rockblock/MT``; the answer is
``OK,id`` or ``FAILED,code,text``. One credit is spent for 50 bytes begun.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from firmware_bridge.simulators.http_interface import Answered, Asked
from firmware_bridge.simulators.iridium_sbd import IridiumSbdSimulator
from firmware_bridge.simulators.posting_cloud import PostingCloud
from firmware_bridge.simulators.pty_device import run_program
from firmware_bridge.simulators.webhook import (
    Manners,
    Weather,
    add_options,
    weather_of,
)

PLACE = (42.5738, 79.1826)
_TIMEOUT_S = 3.0
_MOST_MT_BYTES = 270
_CREDIT_BYTES = 50
_FAILURES = {
    10: "Invalid login credentials",
    11: "No RockBLOCK with this IMEI found on your account",
    13: "Your account has insufficient credit",
    14: "Could not decode hex data",
    15: "Data too long",
    16: "No data",
    99: "System Error",
}
_Queue = Callable[[bytes], None]


def posted_fields(
    imei: str,
    momsn: int,
    message: bytes,
    place: tuple[float, float] = PLACE,
    rng: random.Random | None = None,
) -> dict[str, Any]:
    """What is posted of one message up; ``place`` is Iridium's estimate of where it came from."""
    drawn = rng or random.Random(0)
    fields = {
        "imei": imei,
        "serial": 12_345,
        "momsn": momsn,
        "transmit_time": datetime.now(UTC).strftime("%y-%m-%d %H:%M:%S"),
        "iridium_latitude": place[0],
        "iridium_longitude": place[1],
        "iridium_cep": drawn.randint(1, 12),
        "data": message.hex(),
    }
    return {**fields, "JWT": _token(fields, drawn)}


def _token(fields: dict[str, Any], rng: random.Random) -> str:
    """What looks like their token, which repeats all fields. Its signature is a drawn one."""
    parts = (
        json.dumps({"alg": "RS256"}).encode(),
        json.dumps({"iss": "Rock 7", **fields}).encode(),
        rng.randbytes(256),
    )
    return ".".join(base64.urlsafe_b64encode(part).decode("ascii").rstrip("=") for part in parts)


class RockblockGateway(PostingCloud):
    """An account with its modems. ``url`` stands in the place of
    ``https://rockblock.rock7.com``.

    Modems are joined by ``receiver``, which an IridiumSbdSimulator gets as its ``on_message``, and
    ``connect``, which gets that simulator's ``send_downlink``.
    """

    def __init__(
        self,
        user: str,
        password: str,
        *,
        as_json: bool = False,
        credits_left: int = 1000,
        place: tuple[float, float] = PLACE,
        seed: int = 0,
        speed: float = 1.0,
        weather: Weather | None = None,
        system_error: float = 0.0,
    ) -> None:
        """``as_json`` is the delivery format HTTP_JSON in place of HTTP_POST; ``system_error`` the
        share of messages down that fail with 99."""
        content_type = "application/json" if as_json else "application/x-www-form-urlencoded"
        manners = Manners(content_type, _TIMEOUT_S, lambda status: status == 200)
        super().__init__(manners, seed, speed, weather)
        self.credits_left = credits_left
        self._login = (user, password)
        self._as_json = as_json
        self._place = place
        self._system_error = system_error
        self._modems: dict[str, _Queue] = {}
        self._last_id = 4_114_650
        self.answers: list[str] = []
        """What was answered to messages down."""

    def receiver(self, imei: str) -> Callable[[int, bytes], None]:
        """Takes the messages of the modem ``imei``."""

        def take(momsn: int, message: bytes) -> None:
            with self._lock:
                fields = posted_fields(imei, momsn, message, self._place, self._random)
            self.hook.post(self._encoded(fields))

        return take

    def connect(self, imei: str, queue: _Queue) -> None:
        """Let messages down reach the modem ``imei``."""
        with self._lock:
            self._modems[imei] = queue

    def _encoded(self, fields: dict[str, Any]) -> bytes:
        return (json.dumps(fields) if self._as_json else urlencode(fields)).encode("ascii")

    def answer(self, asked: Asked) -> Answered:
        """See PostingCloud."""
        if asked.path != "/rockblock/MT":
            return Answered(404, "text/plain", b"not found")
        code = self._queue(dict(parse_qsl(asked.body.decode("ascii", "replace"))))
        if code:
            text = f"FAILED,{code},{_FAILURES[code]}"
        else:
            self._last_id += 1
            text = f"OK,{self._last_id}"
        self.answers.append(text)
        return Answered(200, "text/plain", text.encode("ascii"))

    def _queue(self, form: dict[str, str]) -> int:
        """Queue a message down; the code of what failed, 0 for none."""
        if (form.get("username"), form.get("password")) != self._login:
            return 10
        modem = self._modems.get(form.get("imei", ""))
        if modem is None:
            return 11
        try:
            message = bytes.fromhex(form.get("data", ""))
        except ValueError:
            return 14
        if not message or len(message) > _MOST_MT_BYTES:
            return 15 if message else 16
        cost = -(-len(message) // _CREDIT_BYTES)
        if cost > self.credits_left:
            return 13
        if self._random.random() < self._system_error:
            return 99
        self.credits_left -= cost
        modem(message)
        return 0


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="rockblock_gateway", description=__doc__.splitlines()[0])
    add_options(parser)
    parser.add_argument("--imei", default="300234010753370", help="the modem's")
    parser.add_argument("--user", default="user", help="the account's name")
    parser.add_argument("--password", default="password", help="and its password")
    parser.add_argument("--json", action="store_true", help="post HTTP_JSON, not HTTP_POST")
    given = parser.parse_args()
    seed, speed = given.seed, given.speed
    with RockblockGateway(
        given.user,
        given.password,
        as_json=given.json,
        seed=seed,
        speed=speed,
        weather=weather_of(given),
    ) as gateway:
        gateway.hook.aim(given.hook, ssl.create_default_context(cafile=given.ca_file))
        modem = IridiumSbdSimulator(gateway.receiver(given.imei), seed=seed, speed=speed)
        gateway.connect(given.imei, modem.send_downlink)
        run_program(modem, modem.send_downlink, gateway.url)


if __name__ == "__main__":
    main()
