"""A sealed frame opens at the other end, once, and nothing else ever does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.security.keys import BasecampKey, StationKey
from edge.security.radio_key import RadioKeys
from edge.wire.air.channel import Sealer, open_down, open_up
from edge.wire.air.frame import (
    OVERHEAD_BYTES,
    FrameRefused,
    Number,
    Reason,
    Stream,
    nonce,
    seal_frame,
)
from edge.wire.air.window import Seen
from tests.wire.air import strategies as some

BASECAMP = BasecampKey.generate()
STATION = StationKey.generate()
KEYS = RadioKeys.of_station("ridge-2", STATION, BASECAMP.token)
AT_BASECAMP = RadioKeys.of_basecamp("ridge-2", STATION.token, BASECAMP)
NOTHING = Seen()
# Never 11 bytes in all, which is the length of a beacon.
records = st.binary(min_size=1, max_size=242 - OVERHEAD_BYTES)


class Counting:
    """Numbers without a disk."""

    def __init__(self, counter: int = 0, key_id: int = 5) -> None:
        self.key_id = key_id
        self.counter = counter

    def take(self) -> tuple[int, int]:
        self.counter += 1
        return self.key_id, self.counter - 1


def seal(record: bytes, number: Number, stream: Stream = Stream.UP) -> bytes:
    return seal_frame(record, KEYS.key(number.key_id), "ridge-2", stream, number)


def refusal(data: bytes, keys: RadioKeys = AT_BASECAMP, seen: Seen = NOTHING) -> Reason:
    with pytest.raises(FrameRefused) as refused:
        open_up(data, keys, seen)
    return refused.value.reason


@given(records, some.numbers)
def test_what_the_station_seals_opens_at_basecamp(record: bytes, number: Number) -> None:
    frame = seal(record, number)
    opened = open_up(frame, AT_BASECAMP, NOTHING)
    assert (opened.content, opened.number, opened.stream) == (record, number, Stream.UP)
    assert len(frame) == len(record) + 12


@given(records, some.numbers)
def test_what_basecamp_seals_opens_at_the_station(record: bytes, number: Number) -> None:
    key = AT_BASECAMP.key(number.key_id)
    frame = seal_frame(record, key, "ridge-2", Stream.DOWN, number)
    assert open_down(frame, KEYS, NOTHING).content == record


@given(records, some.numbers, st.data())
def test_one_changed_bit_anywhere_is_refused(
    record: bytes, number: Number, data: st.DataObject
) -> None:
    frame = bytearray(seal(record, number))
    bit = data.draw(st.integers(0, 8 * len(frame) - 1))
    frame[bit // 8] ^= 1 << bit % 8
    assert refusal(bytes(frame)) in (Reason.TAG, Reason.VERSION)


@given(records, some.numbers, st.data())
def test_a_frame_cut_short_or_with_more_after_it_is_refused(
    record: bytes, number: Number, data: st.DataObject
) -> None:
    frame = seal(record, number)
    cut = frame[: data.draw(st.integers(0, len(frame) - 1))]
    assert refusal(cut) in (Reason.TAG, Reason.LENGTH)
    assert refusal(frame + data.draw(st.binary(min_size=1, max_size=9))) is Reason.TAG


@given(st.binary(max_size=80))
def test_random_bytes_are_refused_with_a_reason(data: bytes) -> None:
    assert refusal(data) in (Reason.TAG, Reason.LENGTH, Reason.VERSION)


@given(records, some.numbers)
def test_another_key_station_or_direction_is_refused(record: bytes, number: Number) -> None:
    frame = seal(record, number)
    others = [
        RadioKeys.of_basecamp("ridge-2", StationKey.generate().token, BASECAMP),
        RadioKeys.of_basecamp("ridge-2", STATION.token, BasecampKey.generate()),
        RadioKeys.of_basecamp("ridge-3", STATION.token, BASECAMP),
    ]
    assert [refusal(frame, keys) for keys in others] == [Reason.TAG] * 3
    assert refusal(seal(record, number, Stream.DOWN)) is Reason.TAG


def test_a_frame_that_comes_again_is_refused() -> None:
    frame = seal(b"news", Number(5, 70))
    opened = open_up(frame, AT_BASECAMP, NOTHING)
    assert refusal(frame, seen=opened.seen) is Reason.REPLAYED


def test_a_frame_from_before_the_window_is_refused_as_too_old() -> None:
    seen = open_up(seal(b"new", Number(5, 1000)), AT_BASECAMP, NOTHING).seen
    assert refusal(seal(b"old", Number(5, 744)), seen=seen) is Reason.TOO_OLD
    assert open_up(seal(b"late", Number(5, 745)), AT_BASECAMP, seen).content == b"late"


def test_a_forged_frame_does_not_move_the_window() -> None:
    frame = bytearray(seal(b"news", Number(5, 70)))
    frame[3] = 255
    assert refusal(bytes(frame)) is Reason.TAG
    assert open_up(seal(b"news", Number(5, 0)), AT_BASECAMP, NOTHING).number == Number(5, 0)


def test_a_frame_of_a_later_version_says_so() -> None:
    frame = bytearray(seal(b"news", Number(5, 70)))
    frame[0] |= 0x80
    with pytest.raises(FrameRefused, match="version 3 is not known here; update this end"):
        open_up(bytes(frame), AT_BASECAMP, NOTHING)


@given(st.sets(st.tuples(some.numbers, st.sampled_from(Stream)), max_size=20))
def test_no_two_numbers_share_a_nonce(numbers: set[tuple[Number, Stream]]) -> None:
    nonces = {nonce("ridge-2", stream, number) for number, stream in numbers}
    assert len(nonces) == len(numbers)
    assert {len(one) for one in nonces} <= {13}


def test_a_record_that_is_sent_again_is_sealed_anew() -> None:
    sealer = Sealer(KEYS, Counting())
    first, second = sealer.seal(b"the same"), sealer.seal(b"the same")
    assert first[4:] != second[4:]
    opened = open_up(first, AT_BASECAMP, NOTHING)
    assert open_up(second, AT_BASECAMP, opened.seen).content == b"the same"


def test_every_key_id_has_a_key_of_its_own() -> None:
    assert len({KEYS.key(key_id) for key_id in range(64)}) == 64
    assert KEYS.fingerprint == AT_BASECAMP.fingerprint
    assert KEYS.fingerprint not in {KEYS.key(key_id)[:8] for key_id in range(64)}
    assert "_root" not in repr(KEYS)
