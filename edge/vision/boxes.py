"""Arithmetic on normalised boxes."""

from __future__ import annotations

from edge.records import Box

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def clip(x0: float, y0: float, x1: float, y1: float) -> Box:
    """The box between two corners, cut to the frame; corners may come in any order."""
    left, right = sorted((min(max(x0, 0.0), 1.0), min(max(x1, 0.0), 1.0)))
    top, bottom = sorted((min(max(y0, 0.0), 1.0), min(max(y1, 0.0), 1.0)))
    return Box(left, top, right - left, bottom - top)


def within(outer: Box, part: Box) -> Box:
    """``part``, normalised to ``outer``, as a box of the frame."""
    return clip(
        outer.x + part.x * outer.w,
        outer.y + part.y * outer.h,
        outer.x + (part.x + part.w) * outer.w,
        outer.y + (part.y + part.h) * outer.h,
    )


def grown(box: Box, margin: float) -> Box:
    """``box`` with ``margin`` of its own size added on each side, cut to the frame."""
    dx, dy = box.w * margin, box.h * margin
    return clip(box.x - dx, box.y - dy, box.x + box.w + dx, box.y + box.h + dy)


def pixel_rectangle(box: Box, width_px: int, height_px: int) -> tuple[int, int, int, int]:
    """``(x0, y0, x1, y1)`` of ``box`` in whole pixels: never empty, never outside."""
    x0 = min(int(box.x * width_px), width_px - 1)
    y0 = min(int(box.y * height_px), height_px - 1)
    x1 = max(x0 + 1, min(round((box.x + box.w) * width_px), width_px))
    y1 = max(y0 + 1, min(round((box.y + box.h) * height_px), height_px))
    return x0, y0, x1, y1


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0..1; 0 for empty boxes."""
    w = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    h = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    shared = max(w, 0.0) * max(h, 0.0)
    union = one.w * one.h + other.w * other.h - shared
    return shared / union if union > 0 else 0.0
