"""The box of a target that the species head saw in a frame and the detector did not.

A cat half behind the edge of the frame, or walking away into rock, is often plain to the species
head in a square of the frame, and faint to the detector. Knowing that it is there and about where,
the detector's faint boxes are worth asking about, and the square is worth searching as a picture
of its own, at twice the scale. Of 14 such frames at stations held out, 12 were boxed so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge.config import Triage
from edge.records import Box, Detection, ObservationType
from edge.vision.boxes import pixel_rectangle, within
from edge.vision.decode import Pixels
from edge.vision.eyes import Finder, Namer
from edge.vision.species import square_around

FAINT_SCORE = 0.05
"""Boxes from this score on are worth asking about once the target is known to be there."""
ANIMAL = ObservationType.ANIMAL.value
MOST_ASKED = 4
"""Boxes that the species head is asked about, surest first."""


def seek(
    pixels: Pixels,
    square: Box,
    faint: Sequence[Detection],
    finder: Finder,
    namer: Namer,
    policy: Triage,
) -> Detection | None:
    """The box of the target that the species head saw in ``square``; None if it stays unknown.

    ``faint`` are the detector's boxes of the frame from FAINT_SCORE on. Of those and of the boxes
    found in ``square`` alone, the one that shows most of the target is taken, with that as its
    score, if that is at least ``policy.target_mass``; else the surest that the detector is sure of.
    """
    found = [*faint, *_inside(pixels, square, finder)]
    asked = sorted((a for a in found if a.label == ANIMAL), key=lambda one: -one.score)[:MOST_ASKED]
    shown = [namer.target_mass(pixels, square_around(a.box, *_size(pixels))) for a in asked]
    best = max(range(len(asked)), key=shown.__getitem__, default=None)
    if best is not None and shown[best] >= policy.target_mass:
        return replace(asked[best], score=max(asked[best].score, shown[best]))
    return asked[0] if asked and asked[0].score >= policy.detect_score else None


def _inside(pixels: Pixels, square: Box, finder: Finder) -> list[Detection]:
    x0, y0, x1, y1 = pixel_rectangle(square, *_size(pixels))
    found = finder.find(pixels[y0:y1, x0:x1], FAINT_SCORE)
    return [replace(one, box=within(square, one.box)) for one in found]


def _size(pixels: Pixels) -> tuple[int, int]:
    return int(pixels.shape[1]), int(pixels.shape[0])
