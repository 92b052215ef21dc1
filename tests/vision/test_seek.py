"""A target that the species head saw is boxed, if the detector has any idea where it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from edge.config import Triage
from edge.records import Box, Detection
from edge.vision.boxes import overlap
from edge.vision.decode import Pixels
from edge.vision.seek import MOST_ASKED, seek

POLICY = Triage()
FRAME = np.zeros((300, 400, 3), np.uint8)
LEFT = Box(0.0, 0.0, 0.75, 1.0)
CAT = Box(0.1, 0.4, 0.2, 0.2)
ROCK = Box(0.6, 0.1, 0.2, 0.2)


@dataclass
class Seeing:
    """A species head that sees the target where the cat is, a detector that finds ``inside``."""

    inside: tuple[Detection, ...] = ()
    mass: float = 0.9
    asked: int = 0

    def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]:
        assert pixels.shape[:2] == (300, 300)
        return self.inside

    def target_mass(self, pixels: Pixels, region: Box) -> float:
        self.asked += 1
        return self.mass if overlap(region, CAT) > 0.3 else 0.01


def sought(seeing: Seeing, *faint: Detection) -> Detection | None:
    return seek(FRAME, LEFT, faint, seeing, seeing, POLICY)


def test_a_faint_box_that_shows_the_target_is_its_box() -> None:
    found = sought(Seeing(), Detection(ROCK, "animal", 0.12), Detection(CAT, "animal", 0.06))
    assert found == Detection(CAT, "animal", 0.9)


def test_the_square_is_searched_as_a_picture_of_its_own() -> None:
    inside = Detection(Box(CAT.x / 0.75, CAT.y, CAT.w / 0.75, CAT.h), "animal", 0.5)
    found = sought(Seeing((inside,)))
    assert found is not None and found.score == 0.9
    assert overlap(found.box, CAT) == pytest.approx(1)


def test_a_box_that_shows_nothing_of_the_target_needs_a_sure_detector() -> None:
    assert sought(Seeing(), Detection(ROCK, "animal", 0.2)) is None
    sure = Detection(ROCK, "animal", 0.6)
    assert sought(Seeing(), sure) == sure


def test_people_are_never_taken_for_the_target() -> None:
    assert sought(Seeing(), Detection(CAT, "human", 0.9)) is None


def test_where_nothing_was_boxed_nothing_is_made_up() -> None:
    assert sought(Seeing()) is None


def test_few_boxes_are_asked_about() -> None:
    seeing = Seeing()
    sought(seeing, *[Detection(ROCK, "animal", 0.1)] * 20)
    assert seeing.asked == MOST_ASKED
