"""What the hooks answer, and what they keep of a post."""

from __future__ import annotations

import json
import logging
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from edge.security.keys import BasecampKey, StationKey
from firmware_bridge.simulators.notehub import routed_event
from firmware_bridge.simulators.rockblock_gateway import posted_fields
from tools.basecamp.hook_connection import BriefConnection
from tools.basecamp.hook_message import LARGEST_FRAME_BYTES, LARGEST_POST_BYTES, HookMessage
from tools.basecamp.http_server import Door, HttpServer
from tools.basecamp.listening import ListenAddress
from tools.basecamp.lorawan_events import EventRefused
from tools.basecamp.notehub_event import Notehub as NotehubReader
from tools.basecamp.rockblock_message import Rockblock as RockblockReader
from tools.basecamp.store import DATABASE_NAME

from . import hooked
from . import lorawan as air
from .field import eventually
from .hooked import Camp
from .lorawan import RadioStation

NOTEHUB, ROCKBLOCK = "/hooks/notehub", "/hooks/rockblock"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def radio(station_key: StationKey, basecamp_key: BasecampKey) -> RadioStation:
    return RadioStation(station_key, basecamp_key.token)


@pytest.fixture
def camp(data: Path, basecamp_key: BasecampKey) -> Iterator[Camp]:
    with hooked.hooked(data, basecamp_key) as camp:
        camp.store.devices.assign(hooked.NOTECARD, "ridge-2")
        camp.store.devices.assign(f"imei:{hooked.IMEI}", "ridge-2")
        yield camp


def event(frame: bytes, **changes: Any) -> bytes:
    """What Notehub posts, as the stand-in does."""
    made = routed_event(hooked.NOTECARD, "up.qo", frame)
    return json.dumps({**made, **changes}).encode()


def form(frame: bytes, **changes: Any) -> bytes:
    """What Ground Control posts, as the stand-in does."""
    made = posted_fields(hooked.IMEI, 7, frame)
    return urlencode({**made, **changes}).encode()


def test_the_same_post_again_is_taken_as_known_and_is_no_refusal(
    camp: Camp, radio: RadioStation
) -> None:
    body = event(radio.sealer.seal(air.sighting_record(1)))
    assert camp.request("POST", NOTEHUB, body) == (200, "taken")
    assert camp.request("POST", NOTEHUB, body) == (200, "known")
    assert len(camp.shown()) == 1
    assert camp.refusals.newest(10) == []


def test_a_post_that_comes_again_after_a_restart_is_known(
    data: Path, basecamp_key: BasecampKey, radio: RadioStation
) -> None:
    body = form(radio.sealer.seal(air.sighting_record(1)))
    for expected in ("taken", "known"):
        with hooked.hooked(data, basecamp_key) as camp:
            camp.store.devices.assign(f"imei:{hooked.IMEI}", "ridge-2")
            assert camp.request("POST", ROCKBLOCK, body, FORM) == (200, expected)
            assert camp.refusals.newest(10) == []


def test_of_posts_at_the_same_instant_one_is_taken_and_the_others_are_known(
    camp: Camp, radio: RadioStation
) -> None:
    bodies = [event(radio.sealer.seal(air.sighting_record(number))) for number in range(1, 5)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: camp.request("POST", NOTEHUB, body), bodies * 6))
    assert sorted(answers) == [(200, "known")] * 20 + [(200, "taken")] * 4
    assert len(camp.shown()) == 4


def test_a_frame_of_another_station_or_an_altered_one_is_refused_for_good(
    camp: Camp, basecamp_key: BasecampKey, radio: RadioStation
) -> None:
    stranger = RadioStation(StationKey.generate(), basecamp_key.token)
    frame = radio.sealer.seal(air.sighting_record(1))
    altered = frame[:-1] + bytes([frame[-1] ^ 1])
    for forged in (stranger.sealer.seal(air.sighting_record(1)), altered):
        assert camp.request("POST", NOTEHUB, event(forged)) == (200, "refused")
    assert camp.shown() == []
    (refusal,) = camp.refusals.newest(10)
    assert "tag does not fit" in refusal.reason
    assert camp.request("POST", NOTEHUB, event(frame)) == (200, "taken")


def test_a_device_that_no_station_has_is_told_with_its_option_and_taken_once_it_is_given(
    data: Path, basecamp_key: BasecampKey, radio: RadioStation
) -> None:
    frame = radio.sealer.seal(air.sighting_record(1))
    with hooked.hooked(data, basecamp_key) as camp:
        assert camp.post(NOTEHUB, event(frame)) == 404
        assert camp.post(ROCKBLOCK, form(frame), FORM) == 404
        ways_out = [one.way_out for one in camp.refusals.newest(10)]
        assert f"--imei {hooked.IMEI}" in ways_out[0]
        assert f"--notecard {hooked.NOTECARD}" in ways_out[1]
        camp.store.devices.assign(hooked.NOTECARD, "ridge-2")
        assert camp.post(NOTEHUB, event(frame)) == 200


def test_what_cannot_be_stored_is_asked_for_again_and_then_taken(
    camp: Camp, data: Path, radio: RadioStation, caplog: pytest.LogCaptureFixture
) -> None:
    body = event(radio.sealer.seal(air.sighting_record(1)))
    with sqlite3.connect(data / DATABASE_NAME) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON radio_sightings"
            " BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
        )
    assert camp.post(NOTEHUB, body) == 503
    assert "could not be kept" in caplog.text
    with sqlite3.connect(data / DATABASE_NAME) as other:
        other.execute("DROP TRIGGER full")
    assert camp.post(NOTEHUB, body) == 200
    assert len(camp.shown()) == 1


def test_posts_without_a_frame_are_none_of_ours(camp: Camp) -> None:
    session = json.loads(event(b""))
    assert camp.post(NOTEHUB, json.dumps(session).encode()) == 200
    assert camp.post(NOTEHUB, event(bytes(40), file="_session.qo")) == 200
    assert camp.post(NOTEHUB, b"{}") == 200
    assert camp.post(ROCKBLOCK, form(b""), FORM) == 200
    assert camp.refusals.newest(10) == []


@pytest.mark.parametrize(
    ("path", "body", "content_type", "status"),
    [
        (NOTEHUB, b"", "application/json", 400),
        (NOTEHUB, b"\xff\x00", "application/json", 400),
        (NOTEHUB, b"[1]", "application/json", 400),
        (NOTEHUB, b"[" * 60_000, "application/json", 400),
        (NOTEHUB, event(bytes(40), payload="@@@"), "application/json", 400),
        (NOTEHUB, event(bytes(40), payload=7), "application/json", 400),
        (NOTEHUB, event(bytes(40), device="a device"), "application/json", 400),
        (NOTEHUB, event(bytes(11)), "application/json", 400),
        (NOTEHUB, event(bytes(341)), "application/json", 400),
        (NOTEHUB, bytes(LARGEST_POST_BYTES + 1), "application/json", 413),
        (ROCKBLOCK, form(bytes(40), data="xyz"), FORM, 400),
        (ROCKBLOCK, form(bytes(40), imei="12"), FORM, 400),
        (ROCKBLOCK, form(bytes(341)), FORM, 400),
        (ROCKBLOCK, b"data=00&" * 100, FORM, 400),
        (ROCKBLOCK, b'{"data": 5}', "application/json", 400),
        ("/hooks/another", b"{}", "application/json", 404),
        ("/", b"{}", "application/json", 404),
    ],
)
def test_junk_is_refused(
    camp: Camp, path: str, body: bytes, content_type: str, status: int
) -> None:
    assert camp.post(path, body, content_type) == status
    refused = camp.refusals.newest(10)
    assert len(refused) == (1 if status != 404 else 0)
    assert camp.shown() == []


def test_junk_is_counted_by_its_kind_and_not_by_its_content(camp: Camp) -> None:
    for number in range(40):
        camp.post(NOTEHUB, event(bytes(40), device=f"{number} of a million"))
    (refusal,) = camp.refusals.newest(10)
    assert refusal.count == 40


def test_other_methods_are_not_allowed(camp: Camp) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert camp.request(method, NOTEHUB)[0] == 405


def test_where_a_device_is_is_neither_logged_nor_stored_nor_shown(
    camp: Camp, data: Path, radio: RadioStation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    frame = radio.sealer.seal(air.sighting_record(1))
    place = ("42.573817", "79.182645", "Ak-Shyirak", "437,5,5043,23801", "42.5738", "79.1826")
    told = (event(frame), form(frame))
    assert all(any(one in body.decode() for body in told) for one in place[:3])
    wrong = (
        (NOTEHUB, event(frame, payload="@")),
        (NOTEHUB, event(frame, device="dev:stranger")),
        (NOTEHUB, event(frame)[:-2]),
        (ROCKBLOCK, form(frame, data="@")),
        (ROCKBLOCK, form(frame, imei="300234010753371")),
    )
    for path, body in ((NOTEHUB, told[0]), (ROCKBLOCK, told[1]), *wrong):
        camp.request("POST", path, body, FORM if path == ROCKBLOCK else "application/json")
    assert camp.shown()
    said = caplog.text + repr(camp.refusals.newest(100))
    kept = b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
    for one in place:
        assert one not in said
        assert one.encode() not in kept


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.binary(max_size=400)
    | st.dictionaries(
        st.sampled_from(["device", "file", "payload", "imei", "data"]), json_values
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(["", FORM, "application/json; charset=utf-8", "text/plain"]),
)
def test_whatever_is_posted_is_read_or_refused(body: bytes, content_type: str) -> None:
    for reader in (NotehubReader(), RockblockReader()):
        try:
            message = reader.read(content_type, body)
        except EventRefused:
            continue
        assert message is None or len(message.frame) <= LARGEST_FRAME_BYTES


@given(st.binary(min_size=1, max_size=LARGEST_FRAME_BYTES))
def test_what_the_clouds_post_is_read_as_it_was_sent(frame: bytes) -> None:
    assert NotehubReader().read("", event(frame)) == HookMessage(hooked.NOTECARD, frame)
    device = f"imei:{hooked.IMEI}"
    assert RockblockReader().read(FORM, form(frame)) == HookMessage(device, frame)


def test_who_connects_and_says_nothing_is_cut_off() -> None:
    class Briefer(BriefConnection):
        life_s = 0.2

    door = Door("hooks", "--hooks", ListenAddress(port=0), protocol=Briefer)
    server = HttpServer(Starlette(), door)
    server.start()
    try:
        for said in (b"", b"POST /hooks/notehub HTTP/1.1\r\nContent-Le", b"x" * 100):
            with socket.create_connection(server.address, timeout=20) as other:
                other.sendall(said)
                eventually(partial(is_over, other), "it is cut off")
    finally:
        server.stop()


def test_what_is_no_http_is_not_logged(camp: Camp, caplog: pytest.LogCaptureFixture) -> None:
    address = urlsplit(camp.hooks.urls["Notehub"])
    for said in (b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n"):
        with socket.create_connection((address.hostname, address.port), timeout=20) as other:
            other.sendall(said)
            other.shutdown(socket.SHUT_WR)
            while other.recv(4096):
                pass
    assert camp.post(NOTEHUB, b"{}") == 200
    assert caplog.text == ""


def test_made_up_devices_do_not_fill_the_log(camp: Camp, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(60):
        assert camp.post(NOTEHUB, event(bytes(40), device=f"dev:{number}")) == 404
    assert len(caplog.records) == 17
    assert "further devices: no station has them" in caplog.text
    assert camp.refusals.newest(1)[0].count == 44


def is_over(connection: socket.socket) -> bool:
    try:
        return not connection.recv(4096)
    except ConnectionError:
        return True
