"""Averaging down keeps what a picture shows."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.vision.decode import Pixels
from edge.vision.shrink import halved, shrunk

sides = st.integers(1, 90)


def test_halving_takes_the_mean_of_four() -> None:
    pixels = np.array([[0, 20, 7], [40, 60, 7], [9, 9, 9]], np.uint8)
    assert halved(pixels).tolist() == [[30]]


def test_a_line_of_one_pixel_stays_one_pixel_high() -> None:
    assert halved(np.zeros((1, 8, 3), np.uint8)).shape == (1, 4, 3)


@given(sides, sides, st.data())
def test_any_smaller_size_is_reached(width_px: int, height_px: int, data: st.DataObject) -> None:
    to_width_px = data.draw(st.integers(1, width_px))
    to_height_px = data.draw(st.integers(1, height_px))
    pixels = np.full((height_px, width_px, 3), (5, 100, 250), np.uint8)
    small = shrunk(pixels, to_width_px, to_height_px)
    assert small.shape == (to_height_px, to_width_px, 3)
    assert (small == (5, 100, 250)).all()


@pytest.mark.parametrize("side_px", [448, 500, 701, 896])
def test_it_comes_out_as_by_one_reduction(
    scene: Callable[[int, int], Pixels], side_px: int
) -> None:
    pixels = cv2.GaussianBlur(scene(side_px, side_px), (0, 0), 2).astype(np.uint8)
    once = cv2.resize(pixels, (224, 224), interpolation=cv2.INTER_AREA)
    difference = np.abs(shrunk(pixels, 224, 224).astype(int) - once)
    assert difference.mean() < 2
