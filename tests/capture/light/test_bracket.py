"""By lamplight one early picture is dark, whatever was seen, for a coat that is white in others."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from edge.capture.camera.camera import UNKNOWN_EXPOSURE, Glance
from edge.capture.camera.lasting import LastingCamera, LastingTerms
from edge.capture.light.burst_meter import BurstMeter
from edge.capture.light.metering import MeterTerms, Small
from edge.records import Exposure
from tests.capture.light.scene_camera import AdjustableScene, Animal, SceneCamera
from tests.capture.light.test_lit_camera import NIGHT_LX, posted, whitened
from tests.capture.light.test_metering import CAT, light, of

TERMS = MeterTerms()
DARK = -TERMS.bracket_ev
FIRST = Exposure(10_000, 1.0)
FAR, NEAR = 0.45, 4.0
"""A coat that is well exposed at first, and one two stops above white."""
NOBODY: list[float | None] = [None] * 10

Rounds = Callable[[Exposure], Exposure]


def stops_of(exposure: Exposure) -> float:
    assert exposure.exposure_us and FIRST.exposure_us
    return math.log2(exposure.exposure_us * (exposure.analogue_gain or 1.0) / FIRST.exposure_us)


def burst(
    coats: Sequence[float | None],
    late: int = 0,
    rounds: Rounds = lambda exposure: exposure,
    background: Small | None = of(light()),  # noqa: B008
    terms: MeterTerms = TERMS,
    lit: bool = True,
) -> tuple[list[float], list[float]]:
    """The stops from the first exposure, and what is white of the animal's place, in each picture
    of a burst: each shows a coat of that level, or nobody."""
    meter = BurstMeter(terms, background, lit, FIRST)
    asked = [FIRST] * (late + 1)
    gone, white = [], []
    for seed, coat in enumerate(coats):
        now = rounds(asked[0])
        gone.append(stops_of(now))
        pixels = light(coat, gone[-1], seed)
        white.append(float((pixels[CAT].max(axis=2) >= 250).mean()))
        asked = [*asked[1:], meter.next(of(pixels), now) or asked[-1]]
    return gone, white


@pytest.mark.parametrize("late", [0, 1, 2, 3])
@pytest.mark.parametrize("coat", [None, FAR])
@pytest.mark.parametrize("background", [of(light()), None])
def test_one_early_picture_is_dark_and_all_others_are_as_the_first(
    late: int, coat: float | None, background: Small | None
) -> None:
    gone, _ = burst([coat] * 10, late, background=background)
    assert gone == pytest.approx([DARK if i == 1 + late else 0.0 for i in range(10)], abs=0.01)


def test_a_visit_of_two_pictures_near_the_lamp_has_one_with_a_coat_that_is_not_white() -> None:
    for terms, is_white in ((TERMS, False), (MeterTerms(bracket_ev=0.0), True)):
        _, white = burst([NEAR, NEAR, *NOBODY], terms=terms)
        assert white[0] > 0.9
        assert (white[1] > 0.5) == is_white
        assert is_white or white[1] < 0.01


@pytest.mark.parametrize("coat", [None, FAR])
def test_a_driver_that_tells_what_it_was_told_leaves_nothing_dark(coat: float | None) -> None:
    """As OpenCV's do: the control's value, of a picture that was exposed before it was set."""
    meter = BurstMeter(TERMS, of(light()), True, FIRST)
    told = real = FIRST
    gone = []
    for seed in range(10):
        gone.append(stops_of(real))
        wanted = meter.next(of(light(coat, gone[-1], seed)), told)
        real, told = told, wanted or told
    assert gone == pytest.approx([0.0, 0.0, DARK, *[0.0] * 7], abs=0.01)


def test_so_has_one_that_comes_with_the_second_picture() -> None:
    gone, white = burst([None, NEAR, NEAR, NEAR, *NOBODY])
    assert white[1] < 0.01
    assert max(gone[2:4]) < -1.5, "and it stays as dark as that coat wants it"


def test_a_near_animal_that_is_gone_by_the_second_picture_leaves_exposure_as_it_was() -> None:
    gone, _ = burst([NEAR, *NOBODY])
    assert gone[1:] == pytest.approx([DARK] + [0.0] * 9, abs=0.01)


@pytest.mark.parametrize("pictures", [2, 3])
def test_one_that_stayed_for_the_dark_picture_leaves_exposure_there(pictures: int) -> None:
    gone, white = burst([NEAR] * pictures + NOBODY)
    assert all(share < 0.01 for share in white[1:pictures])
    assert max(gone[1:]) < -1.5


@pytest.mark.parametrize("background", [of(light()), None])
def test_a_near_animal_that_stays_is_white_once_and_then_well_exposed(
    background: Small | None,
) -> None:
    gone, white = burst([NEAR] * 10, background=background)
    assert [share > 0.5 for share in white] == [True] + [False] * 9
    assert all(0.25 < NEAR * 2**ev < 0.9 for ev in gone[1:])


def test_one_that_is_white_even_in_the_dark_picture_is_exposed_darker_still() -> None:
    gone, white = burst([30.0] * 10)
    assert gone[:3] == pytest.approx([0.0, DARK, DARK - TERMS.step_ev], abs=0.01)
    assert white[-1] < 0.01


def test_one_that_was_only_just_white_is_not_left_in_the_dark() -> None:
    gone, _ = burst([1.3] * 10)
    assert gone[1] == pytest.approx(DARK, abs=0.01)
    assert all(0.3 < 1.3 * 2**ev < 0.9 for ev in gone[3:])


def test_a_camera_three_pictures_late_waits_for_the_dark_one_while_a_coat_is_white() -> None:
    gone, white = burst([NEAR] * 12, late=3)
    assert gone == pytest.approx([0.0] * 4 + [DARK] * 8, abs=0.01)
    assert max(white[4:]) < 0.01


def test_a_camera_that_rounds_what_it_is_asked_for_goes_back_too() -> None:
    def rounds(exposure: Exposure) -> Exposure:
        assert exposure.exposure_us is not None
        return replace(exposure, exposure_us=500 * max(1, round(exposure.exposure_us / 500)))

    for coat in (None, FAR):
        gone, _ = burst([coat] * 8, rounds=rounds)
        assert gone[1] == pytest.approx(DARK, abs=0.4)
        assert gone[0] == gone[2] == gone[-1] == 0.0


@pytest.mark.parametrize("clamp_ev", [-0.1, -0.5, -1.0])
def test_a_camera_that_cannot_go_so_far_is_not_stuck(clamp_ev: float) -> None:
    def rounds(exposure: Exposure) -> Exposure:
        return exposure if stops_of(exposure) > clamp_ev else Exposure(round(1e4 * 2**clamp_ev), 1)

    gone, _ = burst(NOBODY, rounds=rounds)
    assert gone == pytest.approx([0.0, clamp_ev] + [0.0] * 8, abs=0.01)


def test_without_lamplight_or_without_a_step_no_picture_is_darker() -> None:
    assert set(burst(NOBODY, lit=False)[0]) == {0.0}
    assert set(burst(NOBODY, terms=MeterTerms(bracket_ev=0.0))[0]) == {0.0}


def test_a_rock_that_is_always_white_in_lamplight_keeps_no_burst_dark() -> None:
    gone, _ = burst([NEAR] * 8, background=of(light(NEAR)))
    assert gone == pytest.approx([0.0, DARK] + [0.0] * 6, abs=0.01)


def test_what_was_exposed_before_the_lamp_came_on_is_no_coat() -> None:
    """An exposure for the dark is still in the first picture; it would be far too bright."""
    meter = BurstMeter(TERMS, of(light()), lit=True, under_way=FIRST)
    stale = Exposure(200_000, 8.0)
    asked = meter.next(of(np.full_like(light(), 255)), stale)
    assert asked is not None and stops_of(asked) == pytest.approx(DARK, abs=0.01)
    assert meter.next(of(light(seed=2)), FIRST) == FIRST


def test_a_camera_that_metered_for_itself_does_so_again() -> None:
    meter = BurstMeter(TERMS, of(light()), lit=True)
    exposures = [FIRST]
    for seed in range(5):
        now = exposures[-1]
        asked = meter.next(of(light(None, stops_of(now), seed)), now)
        exposures.append(FIRST if asked in (None, UNKNOWN_EXPOSURE) else asked)
        if asked == UNKNOWN_EXPOSURE:
            break
    assert len(exposures) == 4
    assert [stops_of(one) for one in exposures] == pytest.approx([0.0, DARK, 0.0, 0.0], abs=0.01)


# At a lens.


@pytest.mark.parametrize("late", [0, 2, 3])
def test_a_burst_by_night_has_one_dark_picture_and_the_next_burst_begins_as_it_did(
    late: int,
) -> None:
    scene = AdjustableScene(NIGHT_LX, late=late)
    post = posted(scene)
    post.watch(5)
    post.burst(14)  # in which it finds its exposure
    for pictures in (14, 2, 2 + late, 14):
        post.watch(8)  # it meters for itself again
        gone = [stops_of(shot.frame.exposure) for shot in post.burst(pictures)]
        has_one = pictures > 1 + late
        others = gone[: 1 + late] + gone[2 + late :]
        assert others == pytest.approx([gone[0]] * len(others), abs=0.2)
        assert gone[1 + late : 2 + late] == pytest.approx([gone[0] + DARK] * has_one, abs=0.4)


def test_a_burst_that_ends_with_the_dark_picture_leaves_its_exposure_to_nobody() -> None:
    post = posted(AdjustableScene(NIGHT_LX, late=0))
    post.watch(5)
    post.camera.begin_burst()
    lasting = LastingCamera(post.camera, LastingTerms())
    aside = []
    for _ in range(4):
        lasting.take()
        aside.append(lasting.is_aside)
    assert aside == [False, True, False, False]
    post.camera.end_burst()
    assert not lasting.is_aside


def test_who_comes_to_the_lens_for_two_pictures_is_seen_with_its_coat() -> None:
    scene = AdjustableScene(NIGHT_LX, late=0)
    post = posted(scene)
    post.watch(5)
    post.burst(12)
    post.watch(3)
    scene.animal = Animal(distance_m=3.0, step_px=0)
    shots = post.burst(2)
    box = scene.animal_box()
    white = [whitened(shot.glance.pixels, box) for shot in shots if shot.glance]
    assert white[0] > 0.5
    assert white[1] < 0.05


def test_pictures_from_before_the_lamp_came_on_and_those_by_day_are_never_dark() -> None:
    by_day = AdjustableScene(5_000.0, late=0)
    post = posted(by_day)
    post.watch(5)
    post.burst(6)
    assert min(map(stops_of, by_day.exposed)) > max(map(stops_of, by_day.exposed[5:])) - 0.3
    by_night = AdjustableScene(NIGHT_LX, late=0)
    post = posted(by_night)
    post.watch(5)
    unlit = [stops_of(one) for one, lit in zip(by_night.exposed, by_night.lit, strict=True)]
    assert len(unlit) >= 5
    assert unlit == sorted(unlit)


@pytest.mark.parametrize("kind", ["deaf", "mute"])
def test_a_camera_that_cannot_be_told_or_tells_nothing_takes_its_burst_as_ever(kind: str) -> None:
    class Mute(AdjustableScene):
        def glance(self, timeout_s: float) -> Glance:
            return replace(super().glance(timeout_s), exposure=Exposure())

    scene = SceneCamera(NIGHT_LX) if kind == "deaf" else Mute(NIGHT_LX)
    post = posted(scene)
    post.watch(5)
    for _ in range(2):
        assert len(post.burst(8)) == 8
    lit = [stops_of(one) for one, lit in zip(scene.exposed, scene.lit, strict=True) if lit]
    assert lit[-8:] == pytest.approx([lit[-1]] * 8, abs=0.5)
