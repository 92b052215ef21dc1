"""The parts network's look is a square of the frame, undistorted, and boxes find their way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import Box
from edge.vision.boxes import WHOLE
from edge.vision.window import MARGIN, OUTSIDE, cut_window, to_frame, to_window, window_around

sizes = st.integers(1, 400)
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, w * (1 - x), h * (1 - y)),
    *[st.floats(0, 0.95)] * 2,
    *[st.floats(0.01, 1)] * 2,
)


@given(boxes, sizes, sizes)
def test_the_window_is_square_and_holds_the_animal(box: Box, width_px: int, height_px: int) -> None:
    window = window_around(box, width_px, height_px)
    assert window.w * width_px == pytest.approx(window.h * height_px)
    assert window.x <= box.x + 1e-9 and window.x + window.w >= box.x + box.w - 1e-9
    assert window.y <= box.y + 1e-9 and window.y + window.h >= box.y + box.h - 1e-9


@given(boxes, sizes, sizes, st.sampled_from([28, 224]))
def test_a_frame_of_any_shape_gives_a_look(
    box: Box, width_px: int, height_px: int, side_px: int
) -> None:
    pixels = np.zeros((height_px, width_px, 3), np.uint8)
    look = cut_window(pixels, window_around(box, width_px, height_px), side_px)
    assert look.shape == (side_px, side_px, 3) and look.dtype == np.uint8


@given(boxes, boxes)
def test_a_box_finds_its_way_back_to_the_frame(box: Box, part: Box) -> None:
    window = window_around(box, 300, 200)
    back = to_frame(window, to_window(window, part))
    for name in ("x", "y", "w", "h"):
        assert getattr(back, name) == pytest.approx(getattr(part, name), abs=1e-6)


def test_what_lies_outside_the_frame_is_grey_and_the_rest_keeps_its_shape() -> None:
    pixels = np.full((50, 100, 3), 200, np.uint8)
    look = cut_window(pixels, window_around(WHOLE, 100, 50), 240)
    rows = (look[:, 120] == 200).all(axis=1)
    assert rows.sum() == pytest.approx(100, abs=2), "half as high as wide, as the frame"
    assert (look[~rows] == OUTSIDE).all()
    assert (look[120] == 200).all(axis=1).sum() == pytest.approx(240 / (1 + 2 * MARGIN), abs=2)
