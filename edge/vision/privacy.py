"""No picture of a person leaves the station."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge.records import Box, Crop, FrameJudgement, ObservationType
from edge.vision.boxes import grown

MARGIN = 0.1
"""Surroundings of a person's box, in shares of it on each side, that count as the person."""


def without_people(crops: Iterable[Crop], frames: Sequence[FrameJudgement]) -> list[Crop]:
    """The crops that show nothing of any person, however doubtful, boxed in their own frame."""
    return [crop for crop in crops if not _touches(crop.box, people(frames[crop.frame_index]))]


def people(frame: FrameJudgement) -> list[Box]:
    """Where persons were boxed, with whatever score the detector reported."""
    return [d.box for d in frame.detections if d.label == ObservationType.HUMAN.value]


def _touches(box: Box, persons: Iterable[Box]) -> bool:
    return any(
        box.x < wide.x + wide.w
        and wide.x < box.x + box.w
        and box.y < wide.y + wide.h
        and wide.y < box.y + box.h
        for wide in (grown(person, MARGIN) for person in persons)
    )
