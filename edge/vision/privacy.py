"""No picture in which a person was found leaves the station, unless its configuration says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge.records import Box, Crop, FrameJudgement, ObservationType, Part
from edge.vision.boxes import grown

MARGIN = 0.1
"""Surroundings of a person's box, in shares of it on each side, that count as the person."""


def without_people(crops: Iterable[Crop], frames: Sequence[FrameJudgement]) -> list[Crop]:
    """The crops that lie apart from every person, however doubtful, found in any frame.

    A person who was found in one frame stands, unfound, in the next one as well. A whole frame
    that no model was asked to name may show anybody, so it counts as one with a person.
    """
    persons = people(frames)
    return [crop for crop in crops if not (_touches(crop.box, persons) or _unasked(crop, frames))]


def people(frames: Iterable[FrameJudgement]) -> list[Box]:
    """Where persons were found, with whatever score."""
    human = ObservationType.HUMAN.value
    return [found.box for frame in frames for found in frame.detections if found.label == human]


def _unasked(crop: Crop, frames: Sequence[FrameJudgement]) -> bool:
    return crop.part is Part.FRAME and frames[crop.frame_index].target_mass is None


def _touches(box: Box, persons: Iterable[Box]) -> bool:
    return any(
        box.x < wide.x + wide.w
        and wide.x < box.x + box.w
        and box.y < wide.y + wide.h
        and wide.y < box.y + box.h
        for wide in (grown(person, MARGIN) for person in persons)
    )
