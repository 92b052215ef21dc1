"""A coat mask keeps rock out, and tells the trunk from legs and tail."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import Box
from edge.vision.boxes import WHOLE, overlap
from edge.vision.coat import Coat, peak_box


def painted(*boxes: Box, cells: int = 28) -> np.ndarray:
    grid = np.zeros((cells, cells), np.float32)
    for box in boxes:
        rows = slice(round(box.y * cells), round((box.y + box.h) * cells))
        grid[rows, round(box.x * cells) : round((box.x + box.w) * cells)] = 1.0
    return grid


TRUNK = Box(0.25, 0.25, 0.5, 0.3)
LEG = Box(0.3, 0.5, 0.07, 0.4)
TAIL = Box(0.7, 0.3, 0.3, 0.07)


def test_the_trunk_is_the_coat_without_legs_and_tail() -> None:
    trunk = Coat(WHOLE, painted(TRUNK, LEG, TAIL)).trunk(head=None)
    assert trunk is not None and overlap(trunk, TRUNK) > 0.7


def test_the_head_is_no_trunk() -> None:
    head = Box(0.1, 0.25, 0.2, 0.3)
    trunk = Coat(WHOLE, painted(TRUNK, head)).trunk(head)
    assert trunk is not None and trunk.x >= head.x + head.w - 0.02


def test_without_coat_there_is_no_trunk_and_no_mask() -> None:
    coat = Coat(WHOLE, painted())
    assert coat.trunk(None) is None
    assert coat.mask(WHOLE, 100, 80) is None


def test_the_mask_lies_where_the_coat_lies() -> None:
    mask = Coat(WHOLE, painted(TRUNK)).mask(Box(0.0, 0.0, 0.75, 0.55), 200, 100)
    assert mask is not None and mask.shape == (55, 150)
    assert (mask[30:50, 60:145] == 255).all()
    assert (mask[:20] == 0).all() and (mask[:, :40] == 0).all()


def test_a_window_that_reaches_beyond_the_frame_shifts_the_mask() -> None:
    mask = Coat(Box(-0.5, 0.0, 2.0, 1.0), painted(TRUNK)).mask(WHOLE, 100, 100)
    assert mask is not None
    assert np.nonzero(mask.any(axis=0))[0].min() == pytest.approx(0, abs=2)


@given(st.integers(0, 2**32), st.floats(-0.5, 0.5), st.floats(0.2, 2))
def test_any_mask_gives_a_trunk_inside_the_frame(seed: int, x: float, w: float) -> None:
    cells = np.random.default_rng(seed).random((28, 28)).astype(np.float32)
    trunk = Coat(Box(x, x, w, w), cells).trunk(None)
    if trunk is not None:
        assert 0 <= trunk.x <= trunk.x + trunk.w <= 1 + 1e-9
        assert 0 <= trunk.y <= trunk.y + trunk.h <= 1 + 1e-9


def test_a_head_is_the_spot_around_the_highest_cell() -> None:
    head = Box(0.25, 0.25, 0.25, 0.25)
    found = peak_box(WHOLE, painted(head), 0.5)
    assert found is not None and overlap(found, head) > 0.8
    assert peak_box(WHOLE, painted(head) * 0.4, 0.5) is None
