"""The square around an animal that the parts network looks at."""

from __future__ import annotations

import numpy as np

from edge.records import Box
from edge.vision.boxes import clip
from edge.vision.decode import Pixels
from edge.vision.shrink import shrunk

MARGIN = 0.1
"""Surroundings on each side of the animal, in shares of its box's longer side in pixels."""
OUTSIDE = 127
"""Grey of what lies outside the frame: the classifier's zero."""


def window_around(box: Box, width_px: int, height_px: int) -> Box:
    """The square, in pixels of a frame of that size, around ``box``, normalised to the frame.

    It is moved into the frame where the frame has room for it; along a side of the frame that is
    shorter than the square, it sticks out of the frame on both ends.
    """
    side_px = max(box.w * width_px, box.h * height_px, 1.0) * (1 + 2 * MARGIN)
    w, h = side_px / width_px, side_px / height_px
    return Box(_start(box.x + box.w / 2, w), _start(box.y + box.h / 2, h), w, h)


def cut_window(pixels: Pixels, window: Box, side_px: int) -> Pixels:
    """``window`` of the frame ``pixels`` at ``(side_px, side_px, 3)``, undistorted."""
    import cv2

    height_px, width_px = pixels.shape[:2]
    x0, x1, left, right = _span(window.x, window.w, width_px, side_px)
    y0, y1, top, bottom = _span(window.y, window.h, height_px, side_px)
    canvas: Pixels = np.full((side_px, side_px, 3), OUTSIDE, np.uint8)
    shown, size = pixels[y0:y1, x0:x1], (right - left, bottom - top)
    if y1 - y0 > bottom - top:
        canvas[top:bottom, left:right] = shrunk(shown, *size)
    else:
        canvas[top:bottom, left:right] = cv2.resize(shown, size, interpolation=cv2.INTER_LINEAR)
    return canvas


def to_frame(window: Box, part: Box) -> Box:
    """``part``, normalised to ``window``, as a box of the frame, cut to it."""
    x0, y0 = window.x + part.x * window.w, window.y + part.y * window.h
    return clip(x0, y0, x0 + part.w * window.w, y0 + part.h * window.h)


def to_window(window: Box, box: Box) -> Box:
    """``box`` of the frame, normalised to ``window``."""
    return Box(
        (box.x - window.x) / window.w,
        (box.y - window.y) / window.h,
        box.w / window.w,
        box.h / window.h,
    )


def _start(centre: float, length: float) -> float:
    if length >= 1.0:
        return (1.0 - length) / 2
    return min(max(centre - length / 2, 0.0), 1.0 - length)


def _span(start: float, length: float, frame_px: int, side_px: int) -> tuple[int, int, int, int]:
    """Begin and end in the frame, and where these come to lie in the canvas; never empty."""
    begin = min(max(round(start * frame_px), 0), frame_px - 1)
    end = min(max(round((start + length) * frame_px), begin + 1), frame_px)
    scale = side_px / (length * frame_px)
    low = min(max(round((begin - start * frame_px) * scale), 0), side_px - 1)
    high = min(max(round((end - start * frame_px) * scale), low + 1), side_px)
    return begin, end, low, high
