"""Fragments and wants: what is written is read, and everything else is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.air.fragments import (
    CropName,
    Fragment,
    NotHere,
    decode_fragment,
    encode_fragment,
    fragment_payload_bytes,
    room_for_symbols,
)
from edge.wire.air.kinds import LARGEST_RECORD_BYTES, RecordKind, UnknownRecord, kind_of
from edge.wire.air.want import Want, Wanted, decode_want, encode_want
from edge.wire.errors import WireError

names = st.builds(CropName, st.binary(min_size=4, max_size=4), st.integers(0, 15))
slots = st.integers(0, 15)
octets = st.integers(0, 255)
symbols = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=7).map(tuple)
fragments = st.builds(Fragment, slots, octets, st.integers(1, 255), symbols)
wants = st.lists(
    st.builds(Wanted, slots, names, octets, octets), max_size=5, unique_by=lambda one: one.slot
).map(lambda crops: Want(tuple(crops)))


@given(fragments | st.builds(NotHere, slots, names))
def test_a_fragment_is_read_as_it_was_written(fragment: Fragment | NotHere) -> None:
    record = encode_fragment(fragment)
    assert kind_of(record) is RecordKind.FRAGMENT
    assert decode_fragment(record) == fragment


@given(wants)
def test_a_want_is_read_as_it_was_written_and_fits_the_slowest_data_rate(want: Want) -> None:
    record = encode_want(want)
    assert len(record) <= LARGEST_RECORD_BYTES
    assert decode_want(record) == want


@given(st.binary(max_size=260) | fragments.map(encode_fragment).map(lambda data: data[:-1]))
def test_bytes_are_a_fragment_that_is_written_so_or_refused(data: bytes) -> None:
    try:
        fragment = decode_fragment(data)
    except WireError:
        return
    assert encode_fragment(fragment) == data


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda data: b"\x91" + data))
def test_bytes_are_a_want_that_is_written_so_or_refused(data: bytes) -> None:
    try:
        want = decode_want(data)
    except WireError:
        return
    assert encode_want(want) == data


def test_the_bytes_of_a_fragment() -> None:
    fragment = Fragment(slot=5, position=2, source_symbols=65, symbols=(bytes(32), b"\xff" * 32))
    assert encode_fragment(fragment).hex() == "35" + "02" + "41" + 32 * "00" + 32 * "ff"
    assert sorted(fragment.numbered()) == [14, 15]


def test_the_bytes_of_a_crop_that_is_not_here() -> None:
    record = encode_fragment(NotHere(5, CropName(bytes.fromhex("c0ffee42"), 3)))
    assert record.hex() == "350000" + "c0ffee42" + "03"


def test_the_bytes_of_a_want() -> None:
    first = Wanted(5, CropName(bytes.fromhex("c0ffee42"), 3), position=9, symbols=14)
    second = Wanted(6, CropName(bytes.fromhex("0badcafe"), 0))
    assert encode_want(Want((first, second))).hex() == "91" + "53c0ffee42090e" + "600badcafe0000"


def test_a_want_for_nothing_is_one_byte() -> None:
    assert encode_want(Want()).hex() == "91"


def test_a_want_of_a_newer_layout_is_known_as_such() -> None:
    with pytest.raises(UnknownRecord, match="update"):
        decode_want(b"\x92")


def test_no_slot_is_wanted_for_two_crops() -> None:
    twice = (Wanted(1, CropName(b"abcd", 0)), Wanted(1, CropName(b"efgh", 0)))
    with pytest.raises(ValueError, match="slot"):
        encode_want(Want(twice))


@pytest.mark.parametrize(
    ("payload_bytes", "room"), [(11, 0), (46, 0), (47, 1), (51, 1), (115, 3), (125, 3), (242, 7)]
)
def test_a_packet_holds_as_many_whole_symbols_as_fit(payload_bytes: int, room: int) -> None:
    assert room_for_symbols(payload_bytes) == room
    assert not room or fragment_payload_bytes(room) <= payload_bytes


def test_no_fragment_has_more_than_seven_symbols() -> None:
    assert room_for_symbols(2000) == 7
