"""Codes of a coat are made as their format says, and anyone can remake them."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from edge.records import Side
from edge.vision.decode import Pixels
from edge.vision.descriptor import COARSE, FINE, code, describe, keypoints, projection


def test_each_scheme_has_the_size_its_format_says(spots: Pixels) -> None:
    made = {d.scheme: d.data for d in describe(spots, Side.LEFT, 2)}
    assert set(made) == {FINE.name, COARSE.name}
    for scheme in (FINE, COARSE):
        count = made[scheme.name][0]
        assert 0 < count <= scheme.most
        assert len(made[scheme.name]) == 1 + count * (2 + scheme.bits // 8)


def test_side_and_frame_are_carried_along(spots: Pixels) -> None:
    assert {(d.side, d.frame_index) for d in describe(spots, Side.RIGHT, 5)} == {(Side.RIGHT, 5)}


def test_the_same_flank_gives_the_same_codes(spots: Pixels) -> None:
    assert describe(spots, Side.LEFT, 0) == describe(spots.copy(), Side.LEFT, 0)


@pytest.mark.parametrize("shape", [(200, 320, 3), (1, 1, 3), (3, 900, 3), (900, 3, 3)])
def test_a_flank_without_marks_gives_no_code(shape: tuple[int, ...]) -> None:
    assert describe(np.full(shape, 128, np.uint8), Side.LEFT, 0) == ()


def test_what_the_mask_hides_is_not_described(spots: Pixels) -> None:
    mask = np.zeros(spots.shape[:2], np.uint8)
    assert describe(spots, Side.LEFT, 0, mask) == ()
    mask[:, :160] = 255
    positions, _ = keypoints(spots, mask)
    assert len(positions) and positions[:, 0].max() < 0.55


def test_positions_are_shares_of_the_flank(spots: Pixels) -> None:
    positions, vectors = keypoints(spots)
    assert positions.min() >= 0 and positions.max() <= 1
    assert vectors.shape == (len(positions), 128)


def test_the_projection_is_the_published_bit_stream() -> None:
    stream = hashlib.shake_256(b"irbis rootsift-lsh128/1").digest(128 * 128 // 8)
    bits = [(byte >> (7 - i)) & 1 for byte in stream[:16] for i in range(8)]
    assert projection("rootsift-lsh128/1", 128, 128)[0].tolist() == [2 * b - 1 for b in bits]


def test_a_code_is_the_signs_of_the_projection() -> None:
    vectors = np.arange(-64, 64, dtype=np.int64).reshape(1, 128)
    matrix = projection(COARSE.name, COARSE.bits, 128)
    expected = [
        int(sum(r * v for r, v in zip(row, range(-64, 64), strict=True)) > 0)
        for row in matrix.tolist()
    ]
    assert np.unpackbits(code(vectors, COARSE.bits, COARSE.name)[0]).tolist() == expected


def test_the_same_coat_in_other_light_keeps_most_bits(spots: Pixels) -> None:
    darker = (spots * 0.7 + 10).astype(np.uint8)
    positions, vectors = keypoints(spots)
    others, other_vectors = keypoints(darker)
    codes = np.unpackbits(code(vectors, 256, FINE.name), axis=1)
    other_codes = np.unpackbits(code(other_vectors, 256, FINE.name), axis=1)
    near = np.abs(positions[:, None] - others[None]).max(axis=2).argmin(axis=1)[:40]
    assert (codes[:40] != other_codes[near]).mean() < 0.2
