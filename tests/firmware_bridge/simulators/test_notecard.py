"""The simulated Notecard, spoken to in bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.modem import Downlink, Uplink
from firmware_bridge.notecard import Notecard, NotecardSettings
from firmware_bridge.notecard_json import decode, encode
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.notecard import NotecardSimulator
from tests.firmware_bridge.simulators.programs import started


class Host:
    """Says lines and hears lines."""

    def __init__(self, sim: NotecardSimulator) -> None:
        self._port = SerialPort(sim.path, 9600)

    def line(self) -> bytes:
        heard = b""
        while not heard.endswith(b"\n"):
            byte = self._port.read(1, 5.0)
            assert byte, f"silence after {heard!r}"
            heard += byte
        return heard

    def say(self, raw: bytes) -> bytes:
        self._port.write(raw)
        return self.line()

    def ask(self, **fields: object) -> dict[str, Any]:
        return decode(self.say(encode(fields, 7))).fields

    def close(self) -> None:
        self._port.close()


@pytest.fixture
def sim() -> Iterator[NotecardSimulator]:
    with NotecardSimulator(speed=1000.0) as sim:
        yield sim


@pytest.fixture
def host(sim: NotecardSimulator) -> Iterator[Host]:
    host = Host(sim)
    yield host
    host.close()


def test_an_empty_line_is_answered_by_an_empty_line(host: Host) -> None:
    assert host.say(b"\n") == b"\r\n"


def test_a_reply_repeats_the_sequence_number(host: Host) -> None:
    assert decode(host.say(encode({"req": "card.version"}, 0xBEEF))).sequence == 0xBEEF


def test_a_request_without_a_checksum_is_answered_without_one(host: Host) -> None:
    assert b"crc" not in host.say(b'{"req":"card.version"}\n')


def test_a_garbled_request_is_refused_as_garbled_and_not_done(
    host: Host, sim: NotecardSimulator
) -> None:
    reply = json.loads(host.say(b'{"req":"hub.sync","crc":"0001:00000000"}\n'))
    assert "{io}" in reply["err"]
    assert sim.requests == []


def test_a_repeated_request_is_answered_and_not_done_again(host: Host) -> None:
    request = encode({"req": "note.add", "file": "up.qo", "payload": "AAAA"}, 9)
    assert decode(host.say(request)).fields == {"total": 1}
    assert decode(host.say(request)).fields == {"total": 1}
    again = encode({"req": "note.add", "file": "up.qo", "payload": "AAAA"}, 10)
    assert decode(host.say(again)).fields == {"total": 2}


def test_a_command_is_done_and_not_answered(host: Host, sim: NotecardSimulator) -> None:
    assert host.say(b'{"cmd":"hub.set","product":"p:q"}\n\n') == b"\r\n"
    assert host.ask(req="hub.get")["product"] == "p:q"


def test_an_empty_incoming_queue_says_so(host: Host) -> None:
    assert "{note-noexist}" in host.ask(req="note.get", file="down.qi")["err"]


def test_a_full_card_says_so(host: Host, sim: NotecardSimulator) -> None:
    sim.card.most_notes = 0
    assert "{file-storage-full}" in host.ask(req="note.add", file="up.qo", payload="AAAA")["err"]


@pytest.mark.parametrize(
    "fields",
    [
        {"req": "note.add", "file": "up.qo"},
        {"req": "note.add", "file": "up.qo", "payload": "?"},
        {"req": "note.add", "file": "up.db", "payload": "AAAA"},
        {"req": "card.unknown"},
        {},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(host: Host, fields: dict[str, object]) -> None:
    assert host.ask(**fields)["err"]


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=400))
def test_any_bytes_are_survived(noise: bytes) -> None:
    with NotecardSimulator(speed=1000.0) as sim:
        host = Host(sim)
        host._port.write(noise + b"\n")
        while b"notecard-8" not in host.say(encode({"req": "card.version"}, 1)):
            pass
        host.close()


def test_the_program_is_a_card_for_a_driver_and_shows_what_the_cloud_got() -> None:
    with started("notecard", "--speed", "1000", "--seed", "1") as program:
        modem = Notecard(SerialPort(program.path, 9600), NotecardSettings("org.example:x"))
        modem.exchange(Uplink(b"cat"))
        assert program.line() == b"cat".hex()
        program.say("nonsense")
        program.say(b"dog".hex())
        downlinks: tuple[Downlink, ...] = ()
        while not downlinks:
            downlinks = modem.exchange(None).downlinks
        assert [d.payload for d in downlinks] == [b"dog"]
        modem.close()
