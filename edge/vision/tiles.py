"""Squares that cover a frame, because a classifier that sees all of a wide frame sees little."""

from __future__ import annotations

import math

from edge.records import Box
from edge.vision.boxes import WHOLE

NEARLY_SQUARE = 1.1
"""Up to this ratio of the sides the whole frame is one tile: the distortion does no harm."""
MOST = 4


def tiles(width_px: int, height_px: int) -> tuple[Box, ...]:
    """Squares of the frame's short side, spread evenly over its long side, from the start on.

    A 4:3 or 16:9 frame gives two, which overlap; at most ``MOST``, so that a panorama is covered
    by rectangles rather than by many squares.
    """
    ratio = max(width_px, height_px) / min(width_px, height_px)
    if ratio <= NEARLY_SQUARE:
        return (WHOLE,)
    count = min(MOST, math.ceil(ratio))
    size = max(1 / ratio, 1 / count)
    starts = [(1 - size) * i / (count - 1) for i in range(count)]
    if width_px > height_px:
        return tuple(Box(start, 0.0, size, 1.0) for start in starts)
    return tuple(Box(0.0, start, 1.0, size) for start in starts)
