"""Whatever else a burst shows, no person's picture is sent."""

from __future__ import annotations

import pytest

from edge.records import Box, Crop, Detection, FrameJudgement, Part, Side
from edge.vision.boxes import WHOLE
from edge.vision.privacy import without_people

PERSON = Detection(Box(0.5, 0.2, 0.2, 0.6), "human", 0.2)
CAT = Detection(Box(0.1, 0.5, 0.2, 0.2), "animal", 0.9)
BOTH = FrameJudgement((CAT, PERSON), 0.9)
ALONE = FrameJudgement((CAT,), 0.9)


UNASKED = FrameJudgement((CAT,))


def crop(box: Box, frame_index: int = 0, part: Part = Part.ANIMAL) -> Crop:
    return Crop(part, Side.UNCLEAR, frame_index, box, "image/webp", 8, 8, 0.5, b"x")


def test_a_crop_beside_a_person_is_sent() -> None:
    beside = crop(CAT.box)
    assert without_people([beside], [BOTH]) == [beside]


@pytest.mark.parametrize(
    "box",
    [PERSON.box, Box(0, 0, 1, 1), Box(0.3, 0.3, 0.21, 0.2), Box(0.55, 0.3, 0.01, 0.01)],
    ids=["the person", "the frame", "touching", "within"],
)
def test_a_crop_with_any_part_of_a_person_is_not(box: Box) -> None:
    assert without_people([crop(box)], [BOTH]) == []


def test_who_was_found_in_one_frame_is_kept_off_pictures_of_all_others() -> None:
    cat, there = crop(CAT.box, frame_index=1), crop(PERSON.box, frame_index=1)
    assert without_people([cat, there], [BOTH, ALONE]) == [cat]


def test_a_whole_frame_that_was_never_asked_about_is_not_sent() -> None:
    whole = [crop(WHOLE, index, Part.FRAME) for index in range(2)]
    assert without_people(whole, [ALONE, UNASKED]) == whole[:1]


def test_a_cat_cut_from_a_frame_that_was_never_asked_about_is_sent() -> None:
    cat = crop(CAT.box)
    assert without_people([cat], [UNASKED]) == [cat]
