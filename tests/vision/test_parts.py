"""Flank, head and side follow from the box and its movement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import Box, Side
from edge.vision import parts

SQUARE_FRAME = 1.0
STANDING = Box(0.4, 0.4, 0.3, 0.15)


def moved(box: Box, dx: float) -> Box:
    return Box(box.x + dx, box.y, box.w, box.h)


@pytest.mark.parametrize(
    ("dx", "side"), [(-0.2, Side.LEFT), (0.2, Side.RIGHT), (0.02, Side.UNCLEAR)]
)
def test_the_side_is_where_the_animal_walks(dx: float, side: Side) -> None:
    assert parts.facing(STANDING, [STANDING, moved(STANDING, dx)], SQUARE_FRAME) is side


def test_one_look_tells_no_side() -> None:
    assert parts.facing(STANDING, [STANDING], SQUARE_FRAME) is Side.UNCLEAR
    assert parts.facing(STANDING, [], SQUARE_FRAME) is Side.UNCLEAR


def test_a_narrow_animal_that_moves_shows_no_side() -> None:
    narrow = Box(0.4, 0.2, 0.15, 0.3)
    assert parts.facing(narrow, [narrow, moved(narrow, 0.3)], SQUARE_FRAME) is Side.UNCLEAR


boxes = st.builds(
    lambda x, y, w, h: Box(x, y, w * (1 - x), h * (1 - y)),
    *[st.floats(0, 0.9)] * 2,
    *[st.floats(0.01, 1)] * 2,
)


@given(boxes, st.sampled_from(Side))
def test_parts_lie_in_the_animal(box: Box, side: Side) -> None:
    for part in (parts.flank(box, side), parts.head(box, side)):
        if part is not None:
            assert part.x >= box.x - 1e-9 and part.x + part.w <= box.x + box.w + 1e-9
            assert part.y >= box.y - 1e-9 and part.y + part.h <= box.y + box.h + 1e-9
            assert part.w > 0 and part.h > 0


def test_the_head_leads() -> None:
    left, right = parts.head(STANDING, Side.LEFT), parts.head(STANDING, Side.RIGHT)
    assert left is not None and right is not None
    assert left.x == pytest.approx(STANDING.x)
    assert right.x + right.w == pytest.approx(STANDING.x + STANDING.w)
    assert parts.head(STANDING, Side.UNCLEAR) is None


def test_an_animal_seen_from_its_end_shows_no_flank() -> None:
    assert parts.flank(STANDING, Side.FRONT) is None
    assert parts.flank(STANDING, Side.REAR) is None
    assert parts.flank(STANDING, Side.UNCLEAR) is not None
