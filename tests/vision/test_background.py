"""The empty scene is learnt from blanks alone, so that no animal is ever part of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.records import ObservationType, Verdict
from edge.vision.background import MOST_LIGHTS, TRUSTED, Background
from edge.vision.motion import Map, Small

LINES, COLUMNS = 60, 100


def verdict(kind: ObservationType) -> Verdict:
    return Verdict(kind, False, 0.0, (), 0, "told by a test")


BLANK = verdict(ObservationType.BLANK)


def scene(seed: int, noise: float = 0.05) -> Small:
    """The place, taken once more: the same shapes under a little noise."""
    shapes = np.random.default_rng(0).normal(0, 1, (LINES, COLUMNS))
    cells = shapes + np.random.default_rng(seed).normal(0, noise, (LINES, COLUMNS))
    return Small(cells.astype(np.float32), 100.0, False)


def changed_at(picture: Small, place: tuple[slice, slice], by: float) -> Small:
    cells: Map = picture.cells.copy()
    cells[place] += np.float32(by)
    return Small(cells, picture.brightness, picture.infrared)


CAT = (slice(20, 32), slice(30, 50))
BUSH = (slice(35, 50), slice(60, 90))


def taught(pictures: int = 12) -> Background:
    background = Background()
    for seed in range(pictures):
        background.learn(BLANK, [scene(seed)])
    return background


def test_an_empty_scene_proposes_nothing() -> None:
    assert taught().changed(scene(99)) == ()


def test_an_animal_before_a_known_background_is_proposed() -> None:
    (region,) = taught().changed(changed_at(scene(99), CAT, 2.0))
    assert region.box.x <= 0.3 and region.box.x + region.box.w >= 0.5


@settings(max_examples=30)
@given(
    st.lists(
        st.sampled_from([kind for kind in ObservationType if kind is not ObservationType.BLANK]),
        min_size=1,
        max_size=60,
    )
)
def test_an_animal_that_stands_still_is_never_learnt(kinds: list[ObservationType]) -> None:
    background = taught()
    standing = changed_at(scene(99), CAT, 2.0)
    before = background.changed(standing)
    for kind in kinds:
        background.learn(verdict(kind), [standing] * 3)
    assert background.changed(standing) == before != ()


def test_one_blank_that_was_wrong_hides_no_animal() -> None:
    background = taught(30)
    standing = changed_at(scene(99), CAT, 2.0)
    background.learn(BLANK, [standing] * 3)
    assert background.changed(standing) != ()


def test_a_bush_that_waves_every_noon_stops_proposing() -> None:
    background = Background()
    rng = np.random.default_rng(5)
    for seed in range(60):
        background.learn(BLANK, [changed_at(scene(seed), BUSH, float(rng.normal(0, 0.8)))])
    assert background.changed(changed_at(scene(99), BUSH, 1.0)) == ()
    assert background.changed(changed_at(scene(99), CAT, 2.0)) != ()


def test_a_rock_that_fell_is_learnt_in_time() -> None:
    background = taught()
    for seed in range(60):
        background.learn(BLANK, [changed_at(scene(seed), CAT, 2.0)])
    assert background.changed(changed_at(scene(99), CAT, 2.0)) == ()


def test_too_few_blanks_are_no_background() -> None:
    background = taught(TRUSTED - 1)
    assert background.changed(changed_at(scene(99), CAT, 2.0)) == ()


def test_night_is_not_compared_with_day() -> None:
    night = Small(changed_at(scene(99), CAT, 2.0).cells, 100.0, True)
    assert taught().changed(night) == ()


@pytest.mark.parametrize("many", [MOST_LIGHTS, 3 * MOST_LIGHTS])
def test_memory_is_bounded(many: int) -> None:
    background = Background()
    for columns in range(30, 30 + many):
        picture = Small(np.zeros((40, columns), np.float32), 100.0, False)
        background.learn(BLANK, [picture] * TRUSTED)
    assert len(background._scenes) == MOST_LIGHTS


def test_a_burst_teaches_no_more_than_its_share() -> None:
    background = Background()
    background.learn(BLANK, [scene(seed) for seed in range(50)])
    assert background.changed(changed_at(scene(99), CAT, 2.0)) == ()
