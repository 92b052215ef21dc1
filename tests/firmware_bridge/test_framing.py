"""Frames survive any line: cut anywhere, damaged anywhere, with garbage around them."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import (
    END,
    LONGEST_FRAME_BYTES,
    LONGEST_PAYLOAD_BYTES,
    FrameDecoder,
    crc16,
    decode_frame,
    encode_frame,
)
from firmware_bridge.messages import Message, decode, encode, message

payloads = st.binary(max_size=LONGEST_PAYLOAD_BYTES)
FUZZED = 500_000


def test_the_crc_is_the_documented_one() -> None:
    assert crc16(b"123456789") == 0x29B1


@given(payloads)
def test_a_frame_holds_no_zero_byte_but_its_last_and_costs_four_bytes(payload: bytes) -> None:
    frame = encode_frame(payload)

    assert frame.index(END) == len(frame) - 1 == len(payload) + 3
    assert decode_frame(frame[:-1]) == payload


@given(st.lists(payloads, max_size=8), st.integers(1, 20))
def test_frames_arrive_whole_however_the_line_cuts_them(sent: list[bytes], cut: int) -> None:
    line = b"".join(map(encode_frame, sent))
    decoder = FrameDecoder()

    pieces = [line[i : i + cut] for i in range(0, len(line), cut)]
    arrived = [payload for piece in pieces for payload in decoder.feed(piece)]

    assert arrived == sent
    assert decoder.damaged == 0


@given(st.binary(max_size=600), payloads)
def test_after_any_garbage_and_a_zero_byte_the_next_frame_arrives(
    garbage: bytes, payload: bytes
) -> None:
    decoder = FrameDecoder()
    decoder.feed(garbage)

    assert decoder.feed(END + encode_frame(payload))[-1:] == [payload]


@given(payloads, st.integers(1, 0xFFFF), st.data())
def test_up_to_sixteen_damaged_bits_in_a_row_are_always_seen(
    payload: bytes, burst: int, data: st.DataObject
) -> None:
    checked = payload + crc16(payload).to_bytes(2, "big")
    shift = data.draw(st.integers(0, 8 * len(checked) - 16))
    damaged = int.from_bytes(checked, "big") ^ burst << shift
    decoder = FrameDecoder()

    assert decoder.feed(cobs.encode(damaged.to_bytes(len(checked), "big")) + END) == []
    assert decoder.damaged == 1


def test_the_longest_frame_arrives_and_a_longer_one_is_not_sent() -> None:
    longest = bytes(LONGEST_PAYLOAD_BYTES)

    assert FrameDecoder().feed(encode_frame(longest)) == [longest]
    with pytest.raises(FrameError, match="125 at most"):
        encode_frame(longest + b"!")


def test_a_frame_that_is_too_long_is_dropped_as_a_whole() -> None:
    decoder = FrameDecoder()
    hidden = encode_frame(b"hidden")

    assert decoder.feed(b"\x01" * LONGEST_FRAME_BYTES + hidden) == []
    assert decoder.damaged == 1
    assert decoder.feed(encode_frame(b"next")) == [b"next"]


def test_zero_bytes_between_frames_mean_nothing() -> None:
    decoder = FrameDecoder()

    assert decoder.feed(END * 5 + encode_frame(b"one") + END * 3) == [b"one"]
    assert decoder.damaged == 0


@pytest.mark.parametrize("frame", [b"\x01", b"\x02\x31", b"\x05abc", b"\xff" * 20])
def test_what_is_no_frame_says_so(frame: bytes) -> None:
    with pytest.raises(FrameError):
        decode_frame(frame)


def test_a_line_without_zero_bytes_takes_no_memory() -> None:
    decoder = FrameDecoder()
    piece = b"\xa5" * 4096
    decoder.feed(piece)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(2_500):
        decoder.feed(piece)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert after - before < 1024
    assert decoder.feed(END + encode_frame(b"back")) == [b"back"]


def test_half_a_million_random_frames_pass_only_as_often_as_a_crc_of_16_bits_lets_them() -> None:
    drawn = random.Random(1)
    decoder = FrameDecoder()
    passed: list[bytes] = []
    for _ in range(FUZZED // 1000):
        noise = drawn.randbytes(24_000).replace(END, b"\x01")
        frames = [noise[24 * i : 24 * i + drawn.randrange(1, 24)] for i in range(1000)]
        passed += decoder.feed(END.join(frames) + END)

    assert decoder.damaged + len(passed) == FUZZED
    assert len(passed) < 3 * FUZZED / 2**16 + 10
    assert len([*filter(None, map(_message_or_none, passed))]) <= 1
    assert decoder.feed(encode_frame(b"still here")) == [b"still here"]


def test_half_a_million_mutated_frames_hardly_ever_pass_as_another_message() -> None:
    drawn = random.Random(2)
    good = [
        encode(message("pir-event", 7, 123_456_789, 1_790_000_000)),
        encode(message("reserve", 8, 0, 64)),
        encode(message("power-off", 9, 0xC0FFEE42, 20, None, 1)),
        encode(message("ready", 0, 3)),
    ]
    originals = {decode(decode_frame(frame[:-1])) for frame in good}
    decoder = FrameDecoder()
    strangers = []
    for _ in range(FUZZED // 1000):
        line = b"".join(_mutated(drawn.choice(good), drawn) for _ in range(1000))
        messages = map(_message_or_none, decoder.feed(line))
        strangers += [found for found in messages if found and found not in originals]

    assert decoder.damaged > FUZZED / 2
    assert len(strangers) <= 3 * FUZZED / 2**16


def test_a_zero_after_the_crc_passes_the_crc_but_not_as_a_message() -> None:
    # A CRC without a final XOR does not see zeros behind it, and a 01 before the end is one.
    frame = encode(message("ready", 0, 3))

    (payload,) = FrameDecoder().feed(frame[:-1] + b"\x01" + END)

    assert _message_or_none(payload) is None


def _mutated(frame: bytes, drawn: random.Random) -> bytes:
    place = drawn.randrange(len(frame))
    kind = drawn.randrange(4)
    if kind == 0:  # another byte
        return frame[:place] + bytes([drawn.randrange(256)]) + frame[place + 1 :]
    if kind == 1:  # a byte lost
        return frame[:place] + frame[place + 1 :]
    if kind == 2:  # a byte too many
        return frame[:place] + bytes([drawn.randrange(256)]) + frame[place:]
    return frame[:place] + END  # the rest lost


def _message_or_none(payload: bytes) -> Message | None:
    try:
        return decode(payload)
    except FrameError:
        return None
