"""Basecamp asks for crops, puts fragments together, and is never fooled by some of another crop."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.wire.air.fragments import CropName, Fragment, NotHere, first_symbol
from edge.wire.air.fragments_code import SymbolSource
from edge.wire.air.fragments_crop import packed
from edge.wire.air.want import ALL, Want
from tools.basecamp.errors import StoreError
from tools.basecamp.fragments import CropArrived, CropNotHere, StationCrops
from tools.basecamp.fragments_assembly import SPARE_SYMBOLS
from tools.basecamp.fragments_state import decode_crops, encode_crops

NAMES = tuple(CropName(bytes((0, 0, 0, number)), number % 16) for number in range(40))
FLANK = NAMES[0]
CONTENT = random.Random(4).randbytes(2000)  # 63 symbols, 9 fragments of 7


class Sent:
    """The fragments of a content, by position."""

    def __init__(self, content: bytes, name: CropName, slot: int) -> None:
        self._source = SymbolSource(packed(content, name))
        self._slot = slot

    def __getitem__(self, position: int) -> Fragment:
        symbols = self._source.symbols(first_symbol(position), 7)
        return Fragment(self._slot, position, self._source.source_symbols, symbols)


@pytest.fixture
def crops() -> StationCrops:
    """One flank is wanted, in slot 0."""
    crops = StationCrops()
    crops.ask(FLANK, 0.5)
    return crops


@pytest.fixture
def flank() -> Sent:
    return Sent(CONTENT, FLANK, 0)


def asked(crops: StationCrops) -> int:
    return crops.want().crops[0].symbols


def test_all_of_a_crop_is_wanted_first(crops: StationCrops) -> None:
    (wanted,) = crops.want().crops
    assert (wanted.name, wanted.position, wanted.symbols) == (FLANK, 0, ALL)


def test_a_crop_arrives_with_its_last_symbol(crops: StationCrops, flank: Sent) -> None:
    arrived = [crops.take(flank[position]) for position in range(9)]
    assert arrived == [None] * 8 + [CropArrived(FLANK, CONTENT)]
    assert crops.want() == Want()


def test_what_is_missing_is_wanted_from_where_the_station_is(
    crops: StationCrops, flank: Sent
) -> None:
    for position in range(5):
        crops.take(flank[position])
    (wanted,) = crops.want().crops
    assert (wanted.position, wanted.symbols) == (5, 63 - 5 * 7)


def test_where_every_second_fragment_is_lost_twice_as_much_is_asked_for(
    crops: StationCrops, flank: Sent
) -> None:
    for position in (1, 3, 5):
        crops.take(flank[position])
    assert asked(crops) == 2 * (63 - 3 * 7)


def test_however_much_is_lost_at_most_three_times_the_missing_is_asked_for(
    crops: StationCrops, flank: Sent
) -> None:
    crops.take(flank[90])
    assert asked(crops) == 3 * (63 - 7)


def test_fragments_that_come_twice_count_once(crops: StationCrops, flank: Sent) -> None:
    for position in (0, 0, 1, 0, 1):
        crops.take(flank[position])
    assert asked(crops) == 63 - 2 * 7


def test_symbols_made_again_at_another_data_rate_count_once(
    crops: StationCrops, flank: Sent
) -> None:
    crops.take(Fragment(0, 0, 63, flank[0].symbols[:3]))
    crops.take(flank[0])
    assert asked(crops) == 63 - 7


def test_a_crop_that_is_enough_is_not_wanted_any_more(crops: StationCrops, flank: Sent) -> None:
    crops.take(flank[0])
    crops.tell()
    crops.enough(FLANK)
    assert crops.want() == Want()
    assert crops.due()
    assert [crops.take(flank[position]) for position in range(9)] == [None] * 9


def test_a_crop_that_the_station_does_not_have_is_not_wanted_any_more(
    crops: StationCrops,
) -> None:
    assert crops.take(NotHere(0, FLANK)) == CropNotHere(FLANK)
    assert crops.want() == Want()


def test_what_is_said_of_the_slots_last_crop_is_not_believed_of_this_one(
    crops: StationCrops,
) -> None:
    assert crops.take(NotHere(0, NAMES[1])) is None
    assert [one.name for one in crops.want().crops] == [FLANK]


def test_fragments_that_nobody_asked_for_are_nothing() -> None:
    assert StationCrops().take(Sent(CONTENT, FLANK, 0)[0]) is None


def test_late_fragments_of_another_crop_do_not_get_into_this_one(
    crops: StationCrops, flank: Sent
) -> None:
    other = Sent(random.Random(5).randbytes(900), NAMES[1], 0)
    for position in range(3):
        crops.take(other[position])
    arrived = [crops.take(flank[position]) for position in range(9)]
    assert arrived[-1] == CropArrived(FLANK, CONTENT)


def test_a_whole_other_crop_in_the_slot_is_not_taken_for_this_one(crops: StationCrops) -> None:
    other = Sent(CONTENT, NAMES[1], 0)
    assert [crops.take(other[position]) for position in range(60)] == [None] * 60
    assert [one.name for one in crops.want().crops] == [FLANK]


def test_symbols_of_another_crop_of_the_same_size_are_got_rid_of(
    crops: StationCrops, flank: Sent
) -> None:
    other = Sent(CONTENT[::-1], NAMES[1], 0)
    crops.take(other[0])
    arrived = [crops.take(flank[position]) for position in range(1, 40)]
    assert CropArrived(FLANK, CONTENT) in arrived


def test_the_most_wanted_five_are_named_in_their_order() -> None:
    crops = StationCrops()
    for number, worth in enumerate([0.2, 0.9, 0.4, 0.8, 0.1, 0.6]):
        crops.ask(NAMES[number], worth)
    assert [one.name for one in crops.want().crops] == [NAMES[n] for n in (1, 3, 5, 2, 0)]


def test_a_crop_that_had_to_wait_keeps_what_has_come_of_it(
    crops: StationCrops, flank: Sent
) -> None:
    for position in range(8):
        crops.take(flank[position])
    for name in NAMES[1:6]:
        crops.ask(name, 0.9)
    assert FLANK not in {one.name for one in crops.want().crops}
    crops.ask(FLANK, 1.0)
    (wanted, *_) = crops.want().crops
    assert (wanted.name, wanted.position, wanted.symbols) == (FLANK, 8, 7)
    assert crops.take(flank[8]) == CropArrived(FLANK, CONTENT)


def test_more_than_sixteen_have_to_wait_their_turn() -> None:
    crops = StationCrops()
    assert all(crops.ask(name, 0.5) for name in NAMES[:16])
    assert not crops.ask(NAMES[16], 0.5)
    crops.enough(NAMES[3])
    assert crops.ask(NAMES[16], 0.5)


def test_a_slot_rests_before_it_means_another_crop() -> None:
    crops, slots = StationCrops(), []
    for name in NAMES[:32]:
        crops.ask(name, 0.5)
        slots.append(crops.want().crops[0].slot)
        crops.enough(name)
    assert slots == [*range(16), *range(16)]


def test_a_station_is_told_when_something_changed_or_all_was_sent(
    crops: StationCrops, flank: Sent
) -> None:
    assert crops.due()
    crops.tell()
    due = []
    for position in (0, 1, 3, 4, 5, 6, 7, 8):  # 2 is lost
        crops.take(flank[position])
        due.append(crops.due())
    assert due == [False] * 7 + [True]
    crops.tell()
    assert not crops.due()
    crops.take(flank[9])
    assert crops.due()


def test_memory_stays_bounded_whatever_comes(crops: StationCrops) -> None:
    # Every symbol is of another crop: it never fits together.
    chance = random.Random(6)
    for _ in range(300):
        symbols = tuple(chance.randbytes(32) for _ in range(7))
        crops.take(Fragment(0, chance.randrange(256), 40, symbols))
        (assembly,) = crops.assemblies
        assert len(assembly.symbols) <= 40 + SPARE_SYMBOLS


@settings(deadline=None)
@given(st.lists(st.integers(0, 255), max_size=60), st.lists(st.integers(0, 20), max_size=20))
def test_a_store_gives_back_what_it_was_given(positions: list[int], others: list[int]) -> None:
    crops, flank = StationCrops(), Sent(CONTENT, FLANK, 0)
    crops.ask(FLANK, 0.25)
    for number in others:
        crops.ask(NAMES[number], number / 20)
    crops.tell()
    arrived = any(crops.take(flank[position]) for position in positions)
    again = decode_crops(encode_crops(crops))
    assert (again.want(), again.told, again.due()) == (crops.want(), crops.told, crops.due())
    assert again.assemblies == crops.assemblies
    assert again.last_slot == crops.last_slot
    if not arrived:
        assert any(again.take(flank[position]) for position in range(9))


@settings(deadline=None, max_examples=400)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=3))
def test_a_store_with_wrong_bytes_is_refused_or_goes_on(place: int, wrong: bytes) -> None:
    crops = StationCrops()
    crops.ask(FLANK, 0.25)
    crops.take(Sent(CONTENT, FLANK, 0)[3])
    data = bytearray(encode_crops(crops))
    place %= len(data)
    data[place : place + len(wrong)] = wrong
    try:
        again = decode_crops(bytes(data))
    except StoreError:
        return
    again.ask(NAMES[1], 0.5)
    again.tell()
    assert decode_crops(encode_crops(again)).told == again.told


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_a_damaged_store_says_what_to_do(data: bytes) -> None:
    with pytest.raises(StoreError, match="asked for again"):
        decode_crops(data)
