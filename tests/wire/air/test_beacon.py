"""Eleven bytes say that there is news, and cannot be forged either."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import ObservationType
from edge.wire.air.beacon import (
    BEACON_BYTES,
    Beacon,
    age_code,
    age_of,
    beacon_about,
    decode_beacon,
    encode_beacon,
)
from edge.wire.air.channel import Sealer, open_up
from edge.wire.air.frame import FrameRefused, Number, Reason, Stream
from edge.wire.air.sighting import condensed
from edge.wire.air.window import Seen
from edge.wire.errors import WireError
from tests.wire.air.test_frame import AT_BASECAMP, KEYS, NOTHING, Counting
from tests.wire.air.test_records import SIGHTING

NEWS = Beacon(
    alert=True,
    target=True,
    observation_type=ObservationType.ANIMAL,
    count=2,
    age_s=192,
    waiting=4,
)
beacons = st.builds(
    Beacon,
    alert=st.booleans(),
    target=st.booleans(),
    observation_type=st.sampled_from(ObservationType),
    count=st.integers(0, 3),
    age_s=st.integers(0, 31).map(age_of),
    waiting=st.just(0) | st.integers(0, 14).map(lambda bits: 1 << bits),
)


@given(beacons)
def test_a_beacon_comes_back_as_it_was(beacon: Beacon) -> None:
    assert decode_beacon(encode_beacon(beacon)) == beacon


def test_a_beacon_tells_of_the_sighting_in_whose_place_it_is_sent() -> None:
    told = beacon_about(condensed(replace(SIGHTING, people=True), 41), age_s=200, waiting=5)
    assert decode_beacon(encode_beacon(told)) == Beacon(
        alert=True,
        target=True,
        observation_type=ObservationType.ANIMAL,
        count=1,
        age_s=192,
        waiting=4,
    )


@given(st.integers(0, 4_000_000))
def test_an_age_is_rounded_down_by_less_than_a_third(age_s: int) -> None:
    told = age_of(age_code(age_s))
    assert told <= age_s
    assert age_s - told < max(96, age_s / 3) or age_code(age_s) == 31


@given(st.integers(), st.integers(), st.integers())
def test_any_numbers_are_held_within_the_beacon(count: int, age_s: int, waiting: int) -> None:
    odd = Beacon(False, False, ObservationType.UNKNOWN, count, age_s, waiting)
    assert len(encode_beacon(odd)) == 2


@given(st.binary(max_size=4))
def test_random_bytes_only_ever_raise_wire_error(data: bytes) -> None:
    with contextlib.suppress(WireError):
        assert encode_beacon(decode_beacon(data)) == data


@given(beacons, st.integers(0, 4095))
def test_basecamp_finds_the_counter_that_was_not_sent(beacon: Beacon, counter: int) -> None:
    frame = Sealer(KEYS, Counting(counter)).beacon(beacon)
    opened = open_up(frame, AT_BASECAMP, NOTHING)
    assert len(frame) == BEACON_BYTES
    assert (opened.stream, opened.number) == (Stream.BEACON, Number(5, counter))
    assert decode_beacon(opened.content) == beacon


def test_a_beacon_after_a_longer_silence_is_found_by_a_longer_search() -> None:
    frame = Sealer(KEYS, Counting(9000)).beacon(NEWS)
    with pytest.raises(FrameRefused, match="no counter within 4096 of the last frame"):
        open_up(frame, AT_BASECAMP, NOTHING)
    assert open_up(frame, AT_BASECAMP, NOTHING, searched=10_000).number.counter == 9000


def test_beacons_and_frames_share_their_counters_and_the_window() -> None:
    sealer = Sealer(KEYS, Counting(10))
    beacon, frame, another = sealer.beacon(NEWS), sealer.seal(b"more"), sealer.beacon(NEWS)
    seen = open_up(frame, AT_BASECAMP, NOTHING).seen
    for late in (another, beacon):
        opened = open_up(late, AT_BASECAMP, seen)
        seen = opened.seen
    assert beacon != another
    assert refusal(beacon, seen) is Reason.TAG
    assert refusal(another, seen) is Reason.TAG


def test_one_changed_bit_anywhere_is_refused() -> None:
    frame = Sealer(KEYS, Counting(7)).beacon(NEWS)
    for bit in range(8 * BEACON_BYTES):
        changed = bytearray(frame)
        changed[bit // 8] ^= 1 << bit % 8
        assert refusal(bytes(changed), NOTHING) in (Reason.TAG, Reason.VERSION)


def refusal(frame: bytes, seen: Seen) -> Reason:
    with pytest.raises(FrameRefused) as refused:
        open_up(frame, AT_BASECAMP, seen)
    return refused.value.reason
