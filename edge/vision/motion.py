"""What changed between two pictures of one place, seen at a small scale.

A trap stands still, so whatever differs between the frames of a burst moved, or the light did.
Light is taken out by local normalisation, a shaking mast by shifting one picture over the other.
What remains proposes regions for a closer look. That nothing moved is no evidence that nothing is
there: an animal that stands still is as wanted as one that walks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.records import Box
from edge.vision.boxes import clip
from edge.vision.decode import Pixels
from edge.vision.shrink import shrunk

Map = NDArray[np.float32]
"""``(H, W)`` at the small scale, without the banners."""

SIDE_PX = 256
"""Long side of every picture at this scale, whatever the camera gives; smaller ones stay as they
are. Near the scale that the detector sees."""
BANNER = 0.06
"""Share of the height at the top and at the bottom that is never compared: burned-in banners."""
INFRARED_CHROMA = 3.0
"""Below this mean difference of red and blue (0-255) the picture is monochrome."""
_WINDOW = 25
"""Side of the window whose mean and spread are taken out: a tenth of the long side."""
_FLOOR = 6.0
"""Spread, in grey levels, added to each window's: sensor noise in flat snow is no texture."""
_MOST_SHIFT = 4.0
"""Largest shake, in pixels of the small scale, that is undone: 1.6 % of the frame's width."""
_LEAST_SHIFT = 0.1
"""A shake below this moves no edge enough to be seen."""
_LEAST_RESPONSE = 0.1
"""Peak of the phase correlation below which two pictures have no one shift."""

MOVED = 0.5
"""Smoothed difference, in local spreads, from which a cell has changed for sure."""
STILL = 0.3
"""Difference, in local spreads, that no cell of an unchanged scene reaches: noise of four grey
levels in a picture of 1024 px stays below 0.29, and cats 4 % of the frame wide, pasted on empty
rock as bright as they are, stayed above in 480 of 480 draws."""
NOISES = 6.0
"""A cell has changed when it differs by this many times the picture's median difference."""
MOST_REGIONS = 3
_LEAST_CELLS = 6
_MARGIN = 0.04
"""Surroundings added to a region on each side, in shares of the frame."""


@dataclass(frozen=True, slots=True)
class Small:
    """A frame at the small scale: locally normalised, without banners.

    ``brightness`` is the mean grey level (0..255) and ``infrared`` tells a monochrome picture;
    both describe the light, which decides what a picture may be compared with.
    """

    cells: Map = field(repr=False)
    brightness: float
    infrared: bool


@dataclass(frozen=True, slots=True)
class Region:
    """Where something changed; ``strength`` sums the difference over it, in local spreads."""

    box: Box
    strength: float


@dataclass(frozen=True, slots=True)
class Motion:
    """What changed between two pictures: up to MOST_REGIONS regions, strongest first.

    ``still`` says that no cell differs by more than noise does. It is told by a fixed limit and
    never by one that a windy scene could raise. ``most`` is the largest difference of any cell, in
    local spreads; infinite where the two cannot be compared.
    """

    regions: tuple[Region, ...] = ()
    still: bool = False
    most: float = math.inf


def small(pixels: Pixels) -> Small:
    """``pixels`` at the small scale."""
    import cv2

    reduced = pixels
    height_px, width_px = pixels.shape[:2]
    if max(height_px, width_px) > SIDE_PX:
        scale = SIDE_PX / max(height_px, width_px)
        reduced = shrunk(pixels, max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    grey = cv2.cvtColor(reduced, cv2.COLOR_RGB2GRAY).astype(np.float32)
    chroma = float(np.abs(reduced[:, :, 0].astype(np.int16) - reduced[:, :, 2]).mean())
    banner = round(BANNER * len(grey))
    grey = grey[banner : len(grey) - banner]
    return Small(normalised(grey), float(grey.mean()), chroma < INFRARED_CHROMA)


def normalised(grey: Map) -> Map:
    """``grey`` minus its local mean, over its local spread."""
    import cv2

    window = (_WINDOW, _WINDOW)
    mean = cv2.blur(grey, window)
    variance = cv2.blur(grey * grey, window) - mean * mean
    result: Map = ((grey - mean) / np.sqrt(np.maximum(variance, 0) + _FLOOR**2)).astype(
        np.float32, copy=False
    )
    return result


def compare(one: Small, other: Small) -> Motion:
    """What differs between two pictures of the same place. Nothing is raised.

    Pictures of different shape, or of different light (infrared and colour), are not comparable:
    no region, and not still.
    """
    if one.cells.shape != other.cells.shape or one.infrared != other.infrared:
        return Motion()
    return judged(difference(one.cells, other.cells))


def difference(one: Map, other: Map) -> Map:
    """Absolute difference, smoothed, after undoing a small shake. Not below 0; 0 at the rim.

    A shift is undone only where that leaves less than before: a repeating pattern can mislead its
    measurement, and a scene that is still as it is needs none.
    """
    import cv2

    plain = _smoothed(one, other, 1)
    if plain.max(initial=0.0) < STILL:
        return plain
    x, y = shake(one, other)
    if max(abs(x), abs(y)) < _LEAST_SHIFT:
        return plain
    move = np.array([[1, 0, -x], [0, 1, -y]], np.float32)
    moved = cv2.warpAffine(other, move, (other.shape[1], other.shape[0]), flags=cv2.INTER_LINEAR)
    shifted = _smoothed(
        one, moved.astype(np.float32, copy=False), 1 + math.ceil(max(abs(x), abs(y)))
    )
    return shifted if float(np.median(shifted)) < float(np.median(plain)) else plain


def _smoothed(one: Map, other: Map, rim: int) -> Map:
    """Absolute difference over 3 x 3 cells, 0 on a rim that many cells wide."""
    import cv2

    result: Map = cv2.blur(cv2.absdiff(one, other), (3, 3)).astype(np.float32, copy=False)
    for edge in (result[:rim], result[-rim:], result[:, :rim], result[:, -rim:]):
        edge[:] = 0
    return result


def shake(one: Map, other: Map) -> tuple[float, float]:
    """How far ``other`` is shifted against ``one``, in cells (x, y); (0, 0) where that is unclear.

    Phase correlation (Kuglin and Hines 1975).
    """
    import cv2

    if min(one.shape) < 2 * _WINDOW:
        return 0.0, 0.0
    window = cv2.createHanningWindow((one.shape[1], one.shape[0]), cv2.CV_32F)
    # Copies, because pictures of a size that suits the transform are windowed in place.
    (x, y), response = cv2.phaseCorrelate(one.copy(), other.copy(), window)
    if response < _LEAST_RESPONSE or max(abs(x), abs(y)) > _MOST_SHIFT:
        return 0.0, 0.0
    return float(x), float(y)


def judged(differences: Map) -> Motion:
    """Regions of a map of differences, and whether it is still."""
    most = float(differences.max(initial=0.0))
    if most < STILL:
        return Motion((), True, most)
    limit = max(MOVED, NOISES * float(np.median(differences)))
    return Motion(regions(differences, limit), False, most)


def regions(differences: Map, limit: float) -> tuple[Region, ...]:
    """Connected regions at or above ``limit``, strongest first, as boxes of the whole frame."""
    import cv2

    changed = (differences >= limit).astype(np.uint8)
    joined = cv2.dilate(changed, np.ones((5, 5), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    strengths = np.bincount(labels.ravel(), (differences * changed).ravel(), len(stats))
    cells = np.bincount(labels.ravel(), changed.ravel(), len(stats))
    strengths[0] = 0.0
    order = np.argsort(-strengths, kind="stable")[:MOST_REGIONS]
    return tuple(
        Region(_frame_box(stats[i], differences.shape), float(strengths[i]))
        for i in order
        if cells[i] >= _LEAST_CELLS and i > 0
    )


def _frame_box(stat: NDArray[np.int32], shape: tuple[int, ...]) -> Box:
    """A component's bounds, in cells without banners, as a box of the frame with a margin."""
    lines, columns = shape
    x, y, w, h = (float(n) for n in stat[:4])
    height = 1 - 2 * BANNER
    return clip(
        x / columns - _MARGIN,
        BANNER + height * y / lines - _MARGIN,
        (x + w) / columns + _MARGIN,
        BANNER + height * (y + h) / lines + _MARGIN,
    )
