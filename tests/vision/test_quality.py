"""A better view has a higher quality."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.records import Box
from edge.vision.decode import Picture, Pixels
from edge.vision.quality import burnt, completeness, pixel_quality, sharpness, view_quality

MIDDLE = Box(0.2, 0.2, 0.6, 0.6)


def picture(pixels: Pixels, scale: int = 1) -> Picture:
    return Picture(pixels, pixels.shape[1] * scale, pixels.shape[0] * scale)


def test_a_blurred_view_is_worse(spots: Pixels) -> None:
    blurred = cv2.GaussianBlur(spots, (0, 0), 3).astype(np.uint8)
    assert sharpness(blurred) < sharpness(spots) / 4
    assert view_quality(picture(blurred), MIDDLE) < view_quality(picture(spots), MIDDLE)


def test_a_view_that_is_burnt_out_in_part_is_worse(spots: Pixels) -> None:
    white = spots.copy()
    white[: len(white) // 2] = 255
    assert burnt(white) >= 0.5 > burnt(spots)
    assert pixel_quality(picture(white), MIDDLE) < pixel_quality(picture(spots), MIDDLE)


def test_a_distant_view_is_worse(spots: Pixels) -> None:
    assert view_quality(picture(spots), MIDDLE) < view_quality(picture(spots, 2), MIDDLE)


def test_a_cut_off_animal_is_worse(spots: Pixels) -> None:
    cut = Box(0.0, 0.2, 0.6, 0.6)
    assert view_quality(picture(spots), cut) < view_quality(picture(spots), MIDDLE)


@pytest.mark.parametrize(
    ("box", "share"),
    [(MIDDLE, 1.0), (Box(0, 0.2, 0.5, 0.5), 0.75), (Box(0, 0, 1, 1), 0.0)],
)
def test_completeness_counts_the_edges_touched(box: Box, share: float) -> None:
    assert completeness(box) == share


def test_quality_of_a_flat_or_empty_box_is_a_number(spots: Pixels) -> None:
    flat = picture(np.full_like(spots, 90))
    assert 0 <= view_quality(flat, MIDDLE) <= 1
    assert 0 <= view_quality(flat, Box(1.0, 1.0, 0.0, 0.0)) <= 1
