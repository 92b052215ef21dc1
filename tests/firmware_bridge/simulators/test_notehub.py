"""The stand-in for Notehub posts and answers as Blues describes it."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from firmware_bridge.modem import Downlink, Uplink
from firmware_bridge.notecard import Notecard, NotecardSettings
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.notehub import PROJECT, Notehub

from .hook import Hook, hook
from .programs import started

DEVICE, TOKEN = "dev:860322068012345", "token"
NOTES = f"/v1/projects/{PROJECT}/devices/{DEVICE}/notes/"


@pytest.fixture
def hub() -> Iterator[Notehub]:
    with Notehub(TOKEN, speed=1000.0) as hub:
        yield hub


def ask(url: str, path: str, note: Any, token: str = TOKEN) -> tuple[int, Any]:
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", path, json.dumps(note), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def note(payload: bytes) -> dict[str, str]:
    return {"payload": base64.b64encode(payload).decode()}


def test_a_synced_note_is_posted_as_an_event_with_the_devices_place(hub: Notehub) -> None:
    with hook() as there:
        hub.route.aim(there.url)
        hub.receiver(DEVICE)(b"leopard")
        assert hub.route.wait_until_idle(20)
    (event,) = map(json.loads, there.bodies)
    assert (event["device"], event["file"], event["req"]) == (DEVICE, "up.qo", "note.add")
    assert base64.b64decode(event["payload"]) == b"leopard"
    assert event["tower_lat"] == event["best_lat"] == pytest.approx(42.573817)


def test_a_session_is_an_event_without_payload(hub: Notehub) -> None:
    with hook() as there:
        hub.route.aim(there.url)
        hub.post_session(DEVICE)
        assert hub.route.wait_until_idle(20)
    (event,) = map(json.loads, there.bodies)
    assert event["file"] == "_session.qo"
    assert "payload" not in event


@pytest.mark.parametrize(("status", "posts"), [(200, 1), (404, 1), (500, 2), (503, 2)])
def test_a_route_is_tried_again_for_statuses_from_500_on(
    hub: Notehub, status: int, posts: int
) -> None:
    with hook(status) as there:
        hub.route.aim(there.url)
        hub.receiver(DEVICE)(b"leopard")
        assert hub.route.wait_until_idle(20)
    assert len(there.bodies) == posts
    assert len(set(there.bodies)) == 1


def test_a_note_is_taken_for_a_known_device_by_who_has_the_token(hub: Notehub) -> None:
    got: list[bytes] = []
    hub.connect(DEVICE, got.append)
    path = NOTES + "down.qi"
    assert ask(hub.url, path, note(b"answer")) == (200, {})
    refused = [
        ask(hub.url, path, note(b"answer"), "another"),
        ask(hub.url, path.replace(PROJECT, "app:1"), note(b"answer")),
        ask(hub.url, path.replace("dev:8", "dev:9"), note(b"answer")),
        ask(hub.url, NOTES + "up.qo", note(b"answer")),
        ask(hub.url, path, note(bytes(251))),
        ask(hub.url, path, {"body": {}}),
        ask(hub.url, "/v1/projects", note(b"answer")),
    ]
    assert [status for status, _ in refused] == [401, 403, 404, 400, 400, 400, 404]
    assert all({"err", "code", "status"} <= set(told) for _, told in refused)
    assert got == [b"answer"]


def test_the_program_is_a_card_with_its_cloud() -> None:
    there: Hook
    with (
        hook() as there,
        started("notehub", "--hook", there.url, "--speed", "200") as program,
    ):
        url = program.line()
        assert ask(url, NOTES + "down.qi", note(b"answer"))[0] == 200
        card = Notecard(
            SerialPort(program.path, 9600),
            NotecardSettings("org.example.ridge:traps"),
            rng=random.Random(1),
        )
        exchange = card.exchange(Uplink(b"leopard"))
        assert exchange.downlinks == (Downlink(b"answer"),)
        card.close()
