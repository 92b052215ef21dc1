"""Tiles leave no part of a frame unseen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.vision.tiles import MOST, tiles


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_tiles_cover_the_frame_from_end_to_end(w: int, h: int) -> None:
    covered = 0.0
    for tile in tiles(w, h):
        start, size = (tile.x, tile.w) if w >= h else (tile.y, tile.h)
        assert start <= covered + 1e-9
        covered = start + size
    assert covered == pytest.approx(1.0)


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_tiles_are_few_and_square_unless_the_frame_is_a_panorama(w: int, h: int) -> None:
    made = tiles(w, h)
    assert 1 <= len(made) <= MOST
    if 1.1 < max(w, h) / min(w, h) <= MOST:
        assert all(tile.w * w == pytest.approx(tile.h * h) for tile in made)


@pytest.mark.parametrize(("w", "h", "count"), [(500, 500, 1), (4000, 3000, 2), (1080, 1920, 2)])
def test_common_frames_take_one_or_two(w: int, h: int, count: int) -> None:
    assert len(tiles(w, h)) == count
