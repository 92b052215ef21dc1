"""A box in a table: the columns x, y, w, h."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from edge.records import Box

COLUMNS = ("x", "y", "w", "h")
_HAIR = 0.01
"""Boxes drawn by hand may leave the picture by this much."""


def box_in(row: Mapping[str, str]) -> Box | None:
    """The box of a row: top-left corner and size in shares of the picture; None where all four
    columns are empty or missing. Raises ValueError, for whoever knows the row's file and line."""
    given = [(row.get(name) or "").strip() for name in COLUMNS]
    if not any(given):
        return None
    try:
        x, y, w, h = map(float, given)
    except ValueError:
        raise ValueError("x, y, w, h must be four numbers, or all be empty") from None
    inside = all(map(isfinite, (x, y, w, h))) and 0 <= x < 1 and 0 <= y < 1
    if not inside or not 0 < w <= 1 + _HAIR - x or not 0 < h <= 1 + _HAIR - y:
        raise ValueError(
            "the box leaves the picture; x, y, w, h are shares of its width and height, 0 to 1"
        )
    return Box(x, y, w, h)
