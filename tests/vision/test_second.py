"""A second look is taken at few, small regions, and only ever adds to what the first one found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import Triage
from edge.records import Box, Detection, FrameJudgement
from edge.vision.boxes import overlap
from edge.vision.clock import Stopwatch
from edge.vision.decode import Pixels
from edge.vision.eyes import Eyes
from edge.vision.scene import Proposal
from edge.vision.second import (
    LEAST_SIDE,
    MOST_FAINT,
    MOST_LOOKS,
    Closer,
    half_seen,
    hardly_seen,
    look_closer,
    regions_of,
)
from edge.vision.species import Naming

POLICY = Triage()
CLEAR = FrameJudgement(target_mass=0.01)
FAR = Proposal(0, Box(0.5, 0.5, 0.05, 0.05), 3.0)
SHARE = st.floats(0, 1)


@dataclass
class Closeup:
    """Answers whatever it is shown, and remembers how large that was."""

    naming: Naming
    found: tuple[Detection, ...] = ()
    shown: tuple[int, ...] = ()

    def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]:
        self.shown = pixels.shape
        return self.found

    def name(self, pixels: Pixels, boxes: Sequence[Box]) -> Naming:
        return self.naming

    def target_mass(self, pixels: Pixels, region: Box) -> float:
        return self.naming.target_mass


def closer(frame: FrameJudgement, seen: Closeup, data: bytes, unnamed: bool = False) -> Closer:
    (region,) = regions_of([[FAR]], [frame], [1.5])
    eyes = Eyes(seen, seen)
    return look_closer(region, data, frame, (), eyes, POLICY, Stopwatch(60), unnamed)


@pytest.fixture
def photograph(scene: Callable[[int, int], Pixels], encoded: Callable[..., bytes]) -> bytes:
    """A 1800 x 1200 JPEG."""
    return encoded(scene(1800, 1200))


def test_a_region_is_seen_with_the_pixels_of_the_file(photograph: bytes) -> None:
    seen = Closeup(Naming())
    closer(CLEAR, seen, photograph)
    assert min(seen.shown[:2]) >= 0.9 * LEAST_SIDE * 1200


def test_a_leopard_found_at_the_second_look_is_located_in_the_frame(photograph: bytes) -> None:
    cat = Detection(Box(0.25, 0.25, 0.5, 0.5), "animal", 0.8)
    found = closer(CLEAR, Closeup(Naming((("Panthera uncia", 0.9),), 0.9), (cat,)), photograph)
    assert found.judgement.target_mass == 0.9
    assert found.species[0][0] == "Panthera uncia"
    assert found.located is not None
    assert overlap(found.located, found.judgement.detections[0].box) == pytest.approx(1)
    assert found.located.x > 0.4 and found.located.x + found.located.w < 0.65


def test_without_a_box_the_region_is_where_it_is(photograph: bytes) -> None:
    found = closer(CLEAR, Closeup(Naming((), 0.9)), photograph)
    assert found.located is not None and overlap(found.located, FAR.box) > 0


def test_a_box_that_the_species_head_has_no_name_for_settles_nothing(photograph: bytes) -> None:
    rock = Detection(Box(0.2, 0.2, 0.5, 0.5), "animal", 0.6)
    found = closer(CLEAR, Closeup(Naming(), (rock,)), photograph)
    assert found.judgement == CLEAR
    saved = closer(CLEAR, Closeup(Naming(), (rock,)), photograph, unnamed=True)
    assert [d.score for d in saved.judgement.detections] == [0.6]


def test_a_person_counts_without_a_name(photograph: bytes) -> None:
    herder = Detection(Box(0.2, 0.2, 0.5, 0.5), "human", 0.6)
    found = closer(CLEAR, Closeup(Naming(), (herder,)), photograph)
    assert [d.label for d in found.judgement.detections] == ["human"]
    filling = closer(CLEAR, Closeup(Naming(person_mass=0.9)), photograph)
    assert [d.label for d in filling.judgement.detections] == ["human"]


@pytest.mark.parametrize("mass", [0.0, 0.4])
def test_what_the_first_look_found_stays(photograph: bytes, mass: float) -> None:
    first = Detection(Box(0.1, 0.1, 0.2, 0.2), "animal", 0.2)
    frame = FrameJudgement((first,), mass)
    found = closer(frame, Closeup(Naming((), 0.1)), photograph)
    assert first in found.judgement.detections
    assert found.judgement.target_mass == max(mass, 0.1)


def test_a_second_look_that_fails_is_a_reason_to_doubt() -> None:
    found = closer(CLEAR, Closeup(Naming()), b"not a picture")
    assert "second look" in (found.judgement.error or "")
    assert found.judgement.target_mass == CLEAR.target_mass


def test_an_animal_that_is_no_target_for_sure_is_half_seen() -> None:
    goat = FrameJudgement((Detection(FAR.box, "animal", 0.9),), 0.01)
    leopard = FrameJudgement((Detection(FAR.box, "animal", 0.9),), 0.9)
    person = FrameJudgement((Detection(FAR.box, "human", 0.9),), 0.0)
    frames = [leopard, goat, person, CLEAR]
    assert [p.frame_index for p in half_seen(frames, [1.5] * 4, POLICY)] == [1]


def test_an_animal_shown_with_all_pixels_at_once_is_not_shown_again() -> None:
    near = FrameJudgement((Detection(Box(0.2, 0.2, 0.4, 0.4), "animal", 0.9),), 0.01)
    assert half_seen([near], [1.5], POLICY) == []


def test_the_surest_faint_boxes_are_worth_a_look_where_nothing_is_known() -> None:
    boxes = [Detection(FAR.box, "animal", score) for score in (0.14, 0.13, 0.12)]
    leopard = FrameJudgement(target_mass=0.9)
    goat = FrameJudgement((Detection(FAR.box, "animal", 0.9),), 0.01)
    found = hardly_seen([boxes, boxes, boxes], [leopard, goat, CLEAR], POLICY)
    assert [p.frame_index for p in found] == [2] * MOST_FAINT
    assert [p.strength for p in found] == [0.14, 0.13]
    assert all(p.needs_name for p in found)


def test_a_region_as_large_as_the_first_look_is_left_out() -> None:
    assert regions_of([[Proposal(0, Box(0, 0, 0.9, 0.9), 9.0)]], [CLEAR], [1.5]) == []


def test_a_region_seen_twice_is_looked_at_once() -> None:
    assert len(regions_of([[FAR], [FAR]], [CLEAR], [1.5])) == 1


def test_a_goat_in_every_frame_does_not_use_up_the_looks_at_what_moved() -> None:
    goats = [Proposal(i, Box(0.1, 0.1, 0.05, 0.05), 0.9) for i in range(5)]
    taken = regions_of([goats, [replace(FAR, frame_index=5)]], [CLEAR] * 6, [1.5] * 6)
    assert [region.frame_index for region in taken] == [0, 5, 1, 2]


def test_a_frame_that_could_not_be_judged_gets_no_second_look() -> None:
    assert regions_of([[FAR]], [FrameJudgement(error="truncated")], [1.5]) == []


@given(st.lists(st.builds(Box, SHARE, SHARE, SHARE, SHARE), max_size=20), st.floats(0.3, 3))
def test_regions_are_few_and_inside_the_frame(boxes: list[Box], aspect: float) -> None:
    proposals = [Proposal(0, box, 1.0) for box in boxes]
    taken = regions_of([proposals], [CLEAR], [aspect])
    assert len(taken) <= MOST_LOOKS
    for region in taken:
        assert region.box.x >= 0 and region.box.x + region.box.w <= 1 + 1e-9
        assert region.box.y >= 0 and region.box.y + region.box.h <= 1 + 1e-9
        assert region.box.w * aspect == pytest.approx(region.box.h, rel=0.02)
