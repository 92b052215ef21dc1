"""A frame is the same as another only while nothing was seen, and only if nothing differs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import Triage
from edge.records import FrameJudgement
from edge.vision.background import TRUSTED, Background
from edge.vision.motion import Small, compare
from edge.vision.scene import MOST_KEPT, STIRS, Scene
from edge.vision.verdict import fuse

SHAPES = np.random.default_rng(0).normal(0, 1, (80, 120)).astype(np.float32)
PLACE = Small(SHAPES, 100.0, False)


def changed(x: int, y: int, by: float = 2.0) -> Small:
    cells = SHAPES.copy()
    cells[y : y + 6, x : x + 8] += np.float32(by)
    return Small(cells, 100.0, False)


def test_a_frame_is_the_same_as_a_clear_one_that_it_equals() -> None:
    scene = Scene()
    assert scene.same_as(PLACE) is None
    scene.add(0, PLACE, clear=True)
    assert scene.same_as(PLACE) == 0


def test_a_frame_is_never_the_same_as_one_that_was_not_clear() -> None:
    scene = Scene()
    scene.add(0, PLACE, clear=False)
    assert scene.same_as(PLACE) is None


def test_after_one_that_was_not_clear_all_are_looked_at() -> None:
    scene = Scene()
    scene.add(0, PLACE, clear=True)
    scene.add(1, changed(20, 20), clear=False)
    assert scene.same_as(PLACE) is None


def test_after_one_that_could_not_be_seen_all_are_looked_at() -> None:
    scene = Scene()
    scene.add(0, PLACE, clear=True)
    scene.add(1, None, clear=False)
    assert scene.same_as(PLACE) is None


@given(st.integers(1, 111), st.integers(1, 73), st.sampled_from([-2.0, 1.0, 2.0]))
def test_any_change_is_a_full_look(x: int, y: int, by: float) -> None:
    scene = Scene()
    scene.add(0, PLACE, clear=True)
    assert scene.same_as(changed(x, y, by)) is None


def test_what_moved_is_proposed_in_both_of_the_frames_it_moved_between() -> None:
    scene = Scene()
    for index, picture in enumerate([changed(10, 20), changed(70, 40), changed(70, 40)]):
        scene.add(index, picture, clear=False)
    assert {proposal.frame_index for proposal in scene.proposals()} == {0, 1}


def test_beside_a_picture_in_other_light_what_moved_between_the_others_is_proposed() -> None:
    other = Small(np.roll(SHAPES, 9), 40.0, False)
    scene = Scene()
    for index, picture in enumerate([changed(10, 20), other, changed(70, 40)]):
        scene.add(index, picture, clear=False)
    assert {one.frame_index for one in scene.proposals()} == {0, 2}


@pytest.mark.parametrize("brightness", [30.0, 250.0])
def test_what_stands_in_a_first_picture_that_was_still_metered_for_is_proposed(
    brightness: float,
) -> None:
    scene = Scene()
    first = Small(changed(10, 20).cells, brightness, False)
    for index, picture in enumerate([first, PLACE, PLACE]):
        scene.add(index, picture, clear=False)
    assert 0 in {proposal.frame_index for proposal in scene.proposals()}


def test_two_pictures_in_different_light_are_compared_all_the_same() -> None:
    scene = Scene()
    scene.add(0, changed(10, 20), clear=False)
    scene.add(1, Small(changed(70, 40).cells, 40.0, False), clear=False)
    assert {proposal.frame_index for proposal in scene.proposals()} == {0, 1}


def test_a_still_burst_proposes_nothing() -> None:
    scene = Scene()
    for index in range(3):
        scene.add(index, PLACE, clear=False)
    assert scene.proposals() == []


def test_a_single_frame_proposes_nothing_without_a_background() -> None:
    scene = Scene()
    scene.add(0, changed(10, 20), clear=False)
    assert scene.proposals() == []


def test_memory_is_bounded_on_a_long_burst() -> None:
    scene = Scene()
    for index in range(100):
        scene.add(index, PLACE, clear=True)
    assert len(scene._seen) == MOST_KEPT
    assert scene.same_as(PLACE) == 99


def test_a_small_picture_is_compared_with_small_pictures_alone() -> None:
    scene = Scene()
    scene.add(0, PLACE, clear=True)
    assert scene.same_as(glance=PLACE) is None
    scene.add(1, changed(20, 20), clear=True, glance=PLACE)
    assert scene.same_as(glance=PLACE) == 1


def test_where_there_are_files_what_moved_is_told_by_them() -> None:
    scene = Scene()
    scene.add(0, PLACE, clear=True, glance=changed(20, 20))
    scene.add(1, PLACE, clear=True, glance=PLACE)
    assert scene.proposals() == []
    scene.add(2, None, clear=True, glance=changed(70, 40))
    assert {proposal.frame_index for proposal in scene.proposals()} == {2}


def test_a_small_picture_stirs_where_something_moved_or_nothing_is_known() -> None:
    scene = Scene()
    assert scene.stirs(PLACE)
    scene.add(0, PLACE, clear=True)
    assert scene.stirs(PLACE), "of its file alone nothing is known"
    scene.add(1, PLACE, clear=True, glance=PLACE)
    assert not scene.stirs(PLACE)
    assert scene.stirs(changed(20, 20))
    assert scene.stirs(changed(20, 20, by=STIRS)), "though it is too little for a region"
    assert compare(PLACE, changed(20, 20, by=STIRS)).regions == ()
    assert scene.stirs(Small(SHAPES[:-1], 100.0, False)), "of another shape"


def test_a_background_is_learnt_from_files_and_makes_a_small_picture_stir() -> None:
    background = Background()
    blank = fuse((FrameJudgement(target_mass=0.0),), ((),), Triage())
    for _ in range(TRUSTED):
        scene = Scene(background)
        scene.add(0, PLACE, clear=True, glance=changed(20, 20))
        scene.teach(blank)
    standing = changed(20, 20)
    scene.add(1, PLACE, clear=True, glance=standing)
    assert scene.stirs(standing), "it stands still, where nothing stood before"
