"""Several records under one seal: as many as fit, the best first, each whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.air.frame import OVERHEAD_BYTES
from edge.wire.air.kinds import UnknownRecord
from edge.wire.air.pack import SATELLITE_BYTES, chosen, is_pack, packed, unpacked
from edge.wire.errors import WireError

ANSWERED, PLAIN = 32, 24


def record(number: int, size_bytes: int) -> bytes:
    return b"\x11" + number.to_bytes(3, "big") + bytes(size_bytes - 4)


records = st.builds(record, st.integers(0, 2**24 - 1), st.integers(4, 39))


@given(st.lists(records, min_size=1, max_size=12))
def test_what_was_packed_comes_out_again(made: list[bytes]) -> None:
    assert unpacked(packed(made)) == made


@given(st.binary(max_size=400))
def test_any_bytes_are_a_pack_a_record_or_an_error(data: bytes) -> None:
    try:
        found = unpacked(data)
    except WireError:
        return
    assert found == [data] if not is_pack(data) else packed(found) == data


@given(st.lists(records, max_size=40), st.integers(0, 400))
def test_what_is_chosen_fits_begins_with_the_best_and_leaves_no_room_for_another(
    made: list[bytes], room_bytes: int
) -> None:
    places = chosen(made, room_bytes)
    picked = [made[place] for place in places]
    if picked:
        assert len(packed(picked)) + OVERHEAD_BYTES <= room_bytes
    for place in set(range(len(made))) - set(places):
        # None that was left out would fit, neither instead of nothing nor beside what was taken.
        assert len(packed([*picked, made[place]])) + OVERHEAD_BYTES > room_bytes


@pytest.mark.parametrize(
    ("sizes", "holds"), [([ANSWERED] * 20, 9), ([PLAIN] * 20, 12), ([ANSWERED] * 9 + [PLAIN], 10)]
)
def test_how_many_sightings_a_satellite_message_holds(sizes: list[int], holds: int) -> None:
    made = [record(number, size) for number, size in enumerate(sizes)]
    assert len(chosen(made, SATELLITE_BYTES)) == holds
    each_sealed = SATELLITE_BYTES // (min(sizes) + OVERHEAD_BYTES)
    assert holds > each_sealed


def test_a_lone_record_is_no_pack() -> None:
    assert packed([record(1, PLAIN)]) == record(1, PLAIN)
    assert chosen([record(1, PLAIN)], PLAIN + OVERHEAD_BYTES) == [0]
    assert chosen([record(1, PLAIN)], PLAIN + OVERHEAD_BYTES - 1) == []


def test_who_does_not_know_packs_reads_the_number_of_the_first_record() -> None:
    pack = packed([record(77, PLAIN), record(5, PLAIN)])
    assert int.from_bytes(pack[1:4], "big") == 77
    with pytest.raises(UnknownRecord) as caught:
        unpacked(b"\x42" + pack[1:])
    assert caught.value.sequence == 77


@pytest.mark.parametrize(
    "damaged",
    [
        b"\x41",
        b"\x41\0\0\1",
        packed([record(1, 24), record(2, 24)])[:-1],
        packed([record(1, 24), record(2, 24)])[:29],
        b"\x41\0\0\x09" + packed([record(1, 24), record(2, 24)])[4:],
        b"\x41\0\0\1" + 2 * (b"\x18\x41\0\0\1" + bytes(20)),
        b"\x41\0\0\1" + 2 * (b"\x03\x11\0\0"),
    ],
)
def test_a_damaged_pack_is_refused_as_a_whole(damaged: bytes) -> None:
    with pytest.raises(WireError):
        unpacked(damaged)


def test_nothing_and_what_no_frame_carries_cannot_be_packed() -> None:
    for made in ([], [b"abc"], [bytes(40)]):
        with pytest.raises(ValueError, match="a pack holds"):
            packed(made)
