"""A crop's content: it is verified, it is only basecamp's to open, and it stays small."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import Box, Crop, Part, Side
from edge.security.errors import SealError
from edge.security.keys import BasecampKey
from edge.wire.air.fragments import CropName, Fragment, decode_fragment, fragment_payload_bytes
from edge.wire.air.fragments_crop import (
    LARGEST_CONTENT_BYTES,
    SEAL_BYTES,
    CropTooLarge,
    fragments_of,
    open_crop,
    packed,
    seal_crop,
    source_symbols,
    unpacked,
)
from edge.wire.air.frame import OVERHEAD_BYTES
from edge.wire.air.reference import reference_of
from edge.wire.crop import encode_crop
from edge.wire.errors import WireError
from tests.wire.air.test_fragments import names

BASECAMP = BasecampKey.generate()
BURST = "00112233445566778899aabbccddeeff"
NAME = CropName(reference_of(BURST), 1)
contents = st.binary(max_size=LARGEST_CONTENT_BYTES)


def flank(size_bytes: int) -> Crop:
    picture = random.Random(size_bytes).randbytes(size_bytes)
    return Crop(
        Part.FLANK, Side.LEFT, 2, Box(0.1, 0.2, 0.3, 0.4), "image/avif", 320, 200, 0.6, picture
    )


@given(contents, names)
def test_what_is_packed_is_whole_symbols_and_comes_out_again(
    content: bytes, name: CropName
) -> None:
    data = packed(content, name)
    assert len(data) == 32 * source_symbols(len(content))
    assert unpacked(data, name) == content


@given(contents, names, names)
def test_the_content_of_one_crop_is_never_taken_for_another(
    content: bytes, name: CropName, other: CropName
) -> None:
    assert (unpacked(packed(content, name), other) is not None) == (name == other)


@given(contents, st.data())
def test_a_flipped_bit_anywhere_is_noticed(content: bytes, data: st.DataObject) -> None:
    whole = bytearray(packed(content, NAME))
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    assert unpacked(bytes(whole), NAME) is None


@given(st.binary(max_size=9000))
def test_other_bytes_are_no_content(data: bytes) -> None:
    assert unpacked(data, NAME) is None


def test_a_crop_too_large_for_radio_says_what_to_do() -> None:
    with pytest.raises(CropTooLarge, match="cellular"):
        packed(bytes(LARGEST_CONTENT_BYTES + 1), NAME)


def test_basecamp_opens_the_crop() -> None:
    sent = encode_crop(BURST, flank(2000))
    crop, record = open_crop(seal_crop(sent, BASECAMP.token), NAME, BASECAMP)
    assert record == sent
    assert (crop.burst_id, crop.data, crop.ref.part) == (BURST, flank(2000).data, Part.FLANK)


def test_the_content_tells_nothing_of_the_picture() -> None:
    record = encode_crop(BURST, flank(2000))
    content = seal_crop(record, BASECAMP.token)
    assert flank(2000).data[:8] not in content
    assert len(content) == len(record) + SEAL_BYTES


def test_another_basecamp_cannot_open_it() -> None:
    content = seal_crop(encode_crop(BURST, flank(100)), BASECAMP.token)
    with pytest.raises(SealError, match="another basecamp key"):
        open_crop(content, NAME, BasecampKey.generate())


def test_the_crop_of_another_burst_is_refused() -> None:
    content = seal_crop(encode_crop(BURST[::-1], flank(100)), BASECAMP.token)
    with pytest.raises(WireError, match="not asked for"):
        open_crop(content, NAME, BASECAMP)


def test_a_flank_of_2_kb_takes_at_most_2300_bytes_of_payload_at_eu868_dr5() -> None:
    content = seal_crop(encode_crop(BURST, flank(2048)), BASECAMP.token)
    records = fragments_of(content, NAME, payload_bytes=242)
    payloads = [len(record) + OVERHEAD_BYTES for record in records]
    assert max(payloads) <= 242
    assert sum(payloads) <= 2300


@given(contents, st.sampled_from([51, 115, 125, 184, 222, 242]))
def test_the_fragments_of_an_undisturbed_transmission_hold_every_byte_once(
    content: bytes, payload_bytes: int
) -> None:
    records = fragments_of(content, NAME, payload_bytes)
    assert all(len(record) + OVERHEAD_BYTES <= payload_bytes for record in records)
    fragments = [decode_fragment(record) for record in records]
    counts = [len(one.symbols) for one in fragments if isinstance(one, Fragment)]
    assert sum(counts) == source_symbols(len(content))
    assert [len(one) + OVERHEAD_BYTES for one in records] == list(
        map(fragment_payload_bytes, counts)
    )


def test_a_packet_without_room_for_a_symbol_carries_no_crop() -> None:
    with pytest.raises(ValueError, match="11 bytes"):
        fragments_of(b"picture", NAME, payload_bytes=11)
