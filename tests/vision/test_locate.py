"""An animal is where the species head says, in the outline the detector gives it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import Box
from edge.vision.boxes import overlap
from edge.vision.decode import Pixels
from edge.vision.locate import locate, windows

FRAME: Pixels = np.zeros((360, 640, 3), np.uint8)
CAT = Box(0.55, 0.3, 0.3, 0.4)
ROCK = Box(0.05, 0.6, 0.2, 0.3)


def share_of_cat(pixels: Pixels, region: Box) -> float:
    """A head that sees the cat as far as the region shows it."""
    w = min(region.x + region.w, CAT.x + CAT.w) - max(region.x, CAT.x)
    h = min(region.y + region.h, CAT.y + CAT.h) - max(region.y, CAT.y)
    return max(w, 0) * max(h, 0) / (CAT.w * CAT.h)


def test_the_warm_spot_lies_on_the_animal() -> None:
    found = locate(FRAME, (), share_of_cat, lambda: False)
    assert found is not None and overlap(found, CAT) > 0.3


def test_a_detection_on_the_warm_spot_is_its_outline_and_a_rock_is_not() -> None:
    assert locate(FRAME, (ROCK, CAT), share_of_cat, lambda: False) == CAT


def test_a_rock_alone_is_not_taken_for_the_animal() -> None:
    found = locate(FRAME, (ROCK,), share_of_cat, lambda: False)
    assert found is not None and overlap(found, ROCK) == 0


def test_nothing_is_located_where_the_head_sees_nothing() -> None:
    assert locate(FRAME, (CAT,), lambda pixels, region: 0.05, lambda: False) is None


def test_the_search_ends_with_the_burst_s_time() -> None:
    assert locate(FRAME, (CAT,), share_of_cat, lambda: True) is None


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_windows_stay_in_the_frame_and_are_not_too_many(w: int, h: int) -> None:
    made = windows(w, h)
    assert 1 <= len(made) <= 120
    for window in made:
        assert window.x >= -1e-9 and window.x + window.w <= 1 + 1e-9
        assert window.y >= -1e-9 and window.y + window.h <= 1 + 1e-9
        assert window.w * w == pytest.approx(window.h * h)
