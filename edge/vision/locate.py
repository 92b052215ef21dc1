"""Where in a frame the recognised animal is: a box that the species head confirms, or a search.

One look at a detector's box costs one invocation, a search of the frame some 35. So the surest
boxes are asked about first, and only where the species head does not see the target in them is it
slid over the frame: large windows everywhere, small ones where the large were warm.

Of 169 frames of snow leopards that the species head recognised, the place found lay on the cat
(intersection over union above 0.3 with a box drawn by hand) in 87 % by search alone, large and
small windows everywhere (48 looks) or coarse to fine (35 looks); in 85 % with confirmed boxes of a
detector that had never learnt grey cats on grey rock (21 looks on average).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from edge.records import Box
from edge.vision.boxes import overlap
from edge.vision.decode import Pixels
from edge.vision.species import square_around

Heat = NDArray[np.float64]

WINDOWS = (0.55, 0.4)
"""Sides of the square windows, in shares of the frame's short side."""
STEP = 0.5
"""Distance of neighbouring windows, in sides."""
CONFIRMED = 0.6
"""A detector's box shows the target from this mass on: 82 % of such boxes lay on the cat, against
71 % of those from 0.2 on."""
ASKED_BOXES = 2
"""Boxes, surest first, that the species head is asked about before it searches."""
HOT = 0.5
"""Small windows are tried inside large ones of at least this share of the largest mass."""
HOLDS = 0.1
"""The target is located where some window has at least this mass."""
WARM = 0.55
"""The animal is where the mean mass is at least this share of the warmest spot's."""
SNAP = 0.3
"""A detection that overlaps the warm spot by this much is the better outline of it."""
_CELLS = 48
_MOST_STEPS = 40
_MOST_WINDOWS = 120
"""Bounds for frames of absurd shape; a 16:9 frame takes 50."""


def locate(
    pixels: Pixels,
    boxes: Sequence[Box],
    mass_in: Callable[[Pixels, Box], float],
    expired: Callable[[], bool],
) -> Box | None:
    """The target's box, or None where no window holds it or ``expired()`` before the end.

    ``mass_in(pixels, region)`` is the target group's probability in a region, ``boxes`` are the
    detector's, any number of them right or wrong.
    """
    for box in boxes[:ASKED_BOXES]:
        if expired():
            return None
        if mass_in(pixels, square_around(box, pixels.shape[1], pixels.shape[0])) >= CONFIRMED:
            return box
    heat = _searched(pixels, mass_in, expired)
    if heat is None:
        return None
    warm = warm_spot(heat)
    best = max(boxes, key=lambda box: overlap(box, warm), default=warm)
    return best if overlap(best, warm) >= SNAP else warm


def _searched(
    pixels: Pixels, mass_in: Callable[[Pixels, Box], float], expired: Callable[[], bool]
) -> Heat | None:
    """Mean mass over the windows that hold each cell; None where none holds the target."""
    total, looks = np.zeros((_CELLS, _CELLS)), np.zeros((_CELLS, _CELLS))
    hot: dict[Box, float] = {}
    for window in windows(pixels.shape[1], pixels.shape[0]):
        if expired():
            return None
        mass = 0.0
        if _worth_a_look(window, hot):
            mass = mass_in(pixels, window)
            hot[window] = mass
        cells = _cells(window)
        total[cells] += mass
        looks[cells] += 1
    if max(hot.values()) < HOLDS:
        return None
    heat: Heat = total / np.maximum(looks, 1)
    return heat


def _worth_a_look(window: Box, looked: dict[Box, float]) -> bool:
    """Whether the middle of ``window`` lies in a warm larger one, or there is none larger."""
    larger = [(box, mass) for box, mass in looked.items() if box.w > window.w * 1.01]
    warm = HOT * max((mass for _, mass in larger), default=0.0)
    x, y = window.x + window.w / 2, window.y + window.h / 2
    return not larger or any(
        mass >= warm and box.x <= x <= box.x + box.w and box.y <= y <= box.y + box.h
        for box, mass in larger
    )


def windows(width_px: int, height_px: int) -> list[Box]:
    """Squares of each size in ``WINDOWS``, spread evenly from edge to edge."""
    made: list[Box] = []
    for share in WINDOWS:
        side_px = share * min(width_px, height_px)
        columns, lines = _starts(width_px, side_px), _starts(height_px, side_px)
        w, h = side_px / width_px, side_px / height_px
        made += [Box(x, y, w, h) for y in lines for x in columns]
    return made[:: math.ceil(len(made) / _MOST_WINDOWS)]


def warm_spot(heat: Heat) -> Box:
    """Bounds of the connected region around the warmest cell of ``heat`` that is ``WARM``."""
    import cv2

    warm = (heat >= WARM * heat.max()).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(warm, connectivity=4)
    peak = np.unravel_index(int(heat.argmax()), heat.shape)
    x, y, w, h = (int(n) for n in stats[labels[peak]][:4])
    lines, columns = heat.shape
    return Box(x / columns, y / lines, w / columns, h / lines)


def _starts(length_px: int, side_px: float) -> list[float]:
    """Where windows begin along one side of the frame, in shares of it."""
    room = 1.0 - side_px / length_px
    steps = min(_MOST_STEPS, math.ceil((length_px - side_px) / (side_px * STEP)))
    return [room * i / steps for i in range(steps + 1)]


def _cells(window: Box) -> tuple[slice, slice]:
    return (
        slice(round(window.y * _CELLS), round((window.y + window.h) * _CELLS)),
        slice(round(window.x * _CELLS), round((window.x + window.w) * _CELLS)),
    )
