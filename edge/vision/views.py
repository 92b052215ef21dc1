"""Which frames of a burst show the animal best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.config import Triage
from edge.records import Box, FrameJudgement, ObservationType
from edge.vision.decode import Picture
from edge.vision.quality import outline_quality, pixel_quality

BEST_VIEWS = 2
"""Frames of a target burst that crops and codes are made of."""


@dataclass(frozen=True, slots=True)
class View:
    """One look at the animal: a frame, its decoded picture, and where in it the animal may be.

    ``boxes`` are the detector's, surest first, empty where the animal was recognised without
    being located; ``located`` is where a closer look recognised it, if one did. ``trusted`` tells
    a frame in which the target was recognised, or which was not asked about because it had been
    recognised before. ``promise`` orders views of equal trust by what is known without looking at
    pixels again: score, size and completeness.
    """

    frame_index: int
    picture: Picture
    boxes: tuple[Box, ...]
    trusted: bool
    promise: float
    located: Box | None = None

    @property
    def aspect(self) -> float:
        """Width over height of the frame."""
        return self.picture.full_width_px / self.picture.full_height_px


def view_of(
    frame_index: int, judgement: FrameJudgement, picture: Picture, policy: Triage
) -> View | None:
    """The view that a looked-at frame offers; None where there is nothing in it to cut out."""
    animals = [d for d in judgement.detections if d.label == ObservationType.ANIMAL.value]
    best = animals[0] if animals else None
    named = judgement.target_mass is not None
    mass = judgement.target_mass or 0.0
    recognised = named and mass >= policy.target_mass
    seen = best is not None and best.score >= policy.detect_score
    # A doubtful frame counts, too: with others it may make the burst a target.
    if not seen and mass < policy.doubt_mass:
        return None
    return View(
        frame_index=frame_index,
        picture=picture,
        boxes=tuple(detection.box for detection in animals),
        trusted=recognised or not named,
        promise=0.0 if best is None else best.score * outline_quality(picture, best.box),
    )


def most_promising(views: Iterable[View], keep: int) -> tuple[View, ...]:
    """The ``keep`` most promising, first the best; keeping no more bounds the memory."""
    ordered = sorted(views, key=lambda view: (-view.trusted, -view.promise, view.frame_index))
    return tuple(ordered[:keep])


def best_views(views: Iterable[View]) -> tuple[View, ...]:
    """The BEST_VIEWS that are best with their sharpness measured, best first.

    For target bursts alone: measuring costs a tenth of an invocation, and nobody looks at the
    views of the others.
    """

    views = tuple(views)
    if len(views) < 2:
        return views

    def rank(view: View) -> float:
        sharpness = pixel_quality(view.picture, view.boxes[0]) if view.boxes else 0.0
        return view.promise * sharpness

    ordered = sorted(views, key=lambda view: (-view.trusted, -rank(view), view.frame_index))
    return tuple(ordered[:BEST_VIEWS])
