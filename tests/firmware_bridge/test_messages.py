"""The dictionary is the page's, its messages come back as they went, and nothing else passes."""

from __future__ import annotations

import re
from enum import IntEnum
from pathlib import Path

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import dictionary
from firmware_bridge.dictionary import BY_NAME, KINDS, LARGEST_UINT, SAFE, Field, Kind
from firmware_bridge.errors import FrameError
from firmware_bridge.framing import decode_frame
from firmware_bridge.messages import (
    Charge,
    Message,
    Refusal,
    WakeReason,
    decode,
    encode,
    message,
    reply_type,
)

PAGE = (Path(__file__).parents[2] / "docs" / "firmware-protocol.md").read_text()

_OF_KIND = {
    "uint": st.integers(0, LARGEST_UINT),
    "int": st.integers(-(2**31), 2**31 - 1),
    "bytes": st.binary(max_size=32),
    "text": st.text(max_size=8),
}


def _values(field: Field) -> st.SearchStrategy[object]:
    plain = _OF_KIND[field.kind]
    return plain | st.none() if field.nullable else plain


@st.composite
def any_message(draw: st.DrawFn) -> Message:
    kind: Kind = draw(st.sampled_from(KINDS))
    values = tuple(draw(_values(field)) for field in kind.fields)
    return Message(kind.type, draw(st.integers(0, 255)), values)  # type: ignore[arg-type]


def test_the_page_and_the_program_have_the_same_dictionary() -> None:
    shown = re.search(r"```dictionary\n(.*?)```", PAGE, re.DOTALL)

    assert shown is not None
    assert shown[1] == dictionary.TABLE
    assert f"**`{dictionary.HASH.hex()}`**" in PAGE


def test_the_page_shows_the_bytes_of_real_messages() -> None:
    shown = re.findall(r"\| [a-z-]+ \| `([0-9a-f]+)` \| `([0-9a-f]+)` \| (\d+) \|", PAGE)

    assert len(shown) >= 8
    for payload, frame, size in shown:
        assert encode(decode(bytes.fromhex(payload))).hex() == frame
        assert len(frame) == 2 * int(size)


def test_a_pir_event_takes_at_most_18_bytes_on_the_line() -> None:
    latest = message("pir-event", 255, LARGEST_UINT, LARGEST_UINT)

    assert len(encode(latest)) == 18


@pytest.mark.parametrize(
    ("name", "codes"), [("reason", WakeReason), ("charge", Charge), ("refusal", Refusal)]
)
def test_the_codes_are_those_of_the_dictionary(name: str, codes: type[IntEnum]) -> None:
    (line,) = [line for line in dictionary.TABLE.splitlines() if line.startswith(name + " ")]
    written = [f"{code.value}={code.name.lower().replace('_', '-')}" for code in codes]

    assert line.split()[1:] == written


def test_every_request_has_its_reply_and_no_number_is_used_twice() -> None:
    types = [kind.type for kind in KINDS]
    requests = [kind for kind in KINDS if Message(kind.type, 0).is_request]

    assert len(set(types)) == len(types)
    assert {reply_type(kind.type) for kind in requests} == {t for t in types if 32 < t < 62}


def test_the_safe_subset_can_switch_no_power_and_change_no_memory() -> None:
    assert all(name in BY_NAME for name in SAFE)
    assert not SAFE & {"power-off", "watchdog", "reserve", "counter", "rtc-set"}


@given(any_message())
def test_a_message_comes_back_as_it_went(sent: Message) -> None:
    arrived = decode(decode_frame(encode(sent)[:-1]))

    assert arrived == sent
    assert list(arrived.fields().values()) == list(sent.values)


@given(st.binary(max_size=125))
def test_bytes_that_are_no_message_say_so_and_nothing_worse(payload: bytes) -> None:
    try:
        arrived = decode(payload)
    except FrameError:
        return
    assert cbor2.dumps([arrived.type, arrived.number, *arrived.values]) == payload


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x80",
        b"\x81\x02",
        b"\x02",
        b"\xa1\x02\x00",
        b"\x82\x02\x18\x05",  # 5 in two bytes
        b"\x98\x02\x02\x05",  # the array's length in two bytes
        b"\x9f\x02\x05\xff",  # of indefinite length
        b"\x82\x02\x05\x00",  # a byte left over
        b"\x82\x02",  # cut short
        b"\x82\x02\x20",  # a number below 0
        b"\x82\x02\x19\x01\x00",  # a number of 256
        b"\x82\x20\x05",  # a type below 0
        b"\x82\xf6\x05",  # no type
        b"\x83\x02\x05\xf5",  # a truth
        b"\x83\x02\x05\xf7",  # undefined
        b"\x83\x02\x05\xf9\x3c\x00",  # a float
        b"\x83\x02\x05\x80",  # an array within
        b"\x83\x02\x05\xa0",  # a map within
        b"\x83\x02\x05\xc1\x00",  # a tag
        b"\x83\x02\x05\xc2\x41\x01",  # a big number that is small
        b"\x83\x02\x05\x1b\x00\x00\x00\x01\x00\x00\x00\x00",  # 2^32
        b"\x83\x02\x05\x3a\x80\x00\x00\x00",  # -2^31 - 1
        b"\x83\x02\x05\x61\xff",  # a text that is no UTF-8
        b"\x83\x02\x05\x58\x21" + bytes(33),  # 33 bytes
        b"\x91" + b"\x02" * 17,  # 17 items
    ],
    ids=lambda payload: payload[:6].hex() or "empty",
)
def test_what_no_sender_writes_is_refused(payload: bytes) -> None:
    with pytest.raises(FrameError):
        decode(payload)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ping", (1,)),
        ("reserve", (1,)),
        ("reserve", (1, None)),
        ("reserve", (1, -1)),
        ("reserve", (1, 2**32)),
        ("reserve", (True, 1)),
        ("hello", (1, "text", 1)),
        ("hello-reply", (1, bytes(8), 1, "x" * 33)),
    ],
)
def test_fields_of_another_kind_or_number_are_refused(name: str, values: tuple[int, ...]) -> None:
    with pytest.raises(FrameError, match=name):
        message(name, 0, *values)


def test_a_later_version_may_say_more_in_its_hello() -> None:
    later = Message(BY_NAME["hello"].type, 1, (2, b"12345678", 77, "more", None))

    assert later.fields() == {"version": 2, "dictionary": b"12345678", "link": 77}


def test_a_message_of_another_dictionary_arrives_but_has_no_names() -> None:
    strange = decode(cbor2.dumps([29, 4, 1, 2]))

    assert strange.is_event
    with pytest.raises(FrameError, match="29"):
        strange.fields()


def test_a_reason_that_a_later_version_added_reads_as_unknown() -> None:
    assert WakeReason(200) is WakeReason.UNKNOWN
    assert Charge(200) is Charge.UNKNOWN
