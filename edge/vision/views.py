"""Which frames of a burst show the animal best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.config import Triage
from edge.records import Box, FrameJudgement, ObservationType
from edge.vision.decode import Picture
from edge.vision.quality import view_quality

BEST_VIEWS = 2
"""Frames of a target burst that crops and codes are made of."""


@dataclass(frozen=True, slots=True)
class View:
    """One look at the animal: a frame, its decoded picture, and where in it the animal may be.

    ``boxes`` are the detector's, surest first, empty where the animal was recognised without
    being located. ``trusted`` tells a frame in which the target was recognised, or which was not
    asked about because it had been recognised before. ``rank`` orders views of equal trust.
    """

    frame_index: int
    picture: Picture
    boxes: tuple[Box, ...]
    trusted: bool
    quality: float
    rank: float

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
    recognised = named and (judgement.target_mass or 0.0) >= policy.target_mass
    seen = best is not None and best.score >= policy.detect_score
    if not recognised and not seen:
        return None
    quality = 0.0 if best is None else view_quality(picture, best.box)
    return View(
        frame_index=frame_index,
        picture=picture,
        boxes=tuple(detection.box for detection in animals),
        trusted=recognised or not named,
        quality=quality,
        rank=0.0 if best is None else quality * best.score,
    )


def best_views(views: Iterable[View]) -> tuple[View, ...]:
    """The few best, best first; keeping no more bounds the pictures held in memory."""
    ordered = sorted(views, key=lambda view: (-view.trusted, -view.rank, view.frame_index))
    return tuple(ordered[:BEST_VIEWS])
