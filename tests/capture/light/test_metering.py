"""Exposure goes by what moved, however the pictures before were exposed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edge.capture.light.burst_meter import BurstMeter
from edge.capture.light.lux import curve
from edge.capture.light.metering import (
    MeterTerms,
    Small,
    headroom_ev,
    moved,
    scaled,
    small,
    wanted_ev,
)
from edge.records import Exposure

TERMS = MeterTerms(bracket_ev=0.0)
HEIGHT, WIDTH = 120, 160
CAT = (slice(40, 70), slice(60, 110))


def light(coat: float | None = None, ev: float = 0.0, seed: int = 1) -> np.ndarray:
    """A picture of rock, and of a coat that reflects so much, so many stops brighter."""
    random = np.random.default_rng(7)
    levels = np.kron(random.uniform(0.08, 0.3, (HEIGHT // 8, WIDTH // 8)), np.ones((8, 8)))
    if coat is not None:
        levels[CAT] = coat
    noise = np.random.default_rng(seed).normal(0, 0.01, levels.shape)
    grey = np.rint(curve(((levels + noise) * 2**ev).astype(np.float32)) * 255).astype(np.uint8)
    return np.dstack([grey] * 3)


def of(pixels: np.ndarray) -> Small:
    return small(pixels)


def test_where_nothing_moved_nothing_is_found() -> None:
    assert moved(of(light(seed=1)), of(light(seed=2))) is None


@pytest.mark.parametrize("ev", [-2.0, -1.0, 0.0, 0.7])
def test_a_coat_is_found_and_measured_though_the_exposure_changed(ev: float) -> None:
    found = moved(of(light(0.55, ev)), of(light()))
    assert found is not None
    assert found.level == pytest.approx(min(1.0, 0.55 * 2**ev), rel=0.15)
    assert found.share == pytest.approx(30 * 50 / (HEIGHT * WIDTH) / 0.88, rel=0.4)


def test_a_burnt_coat_is_told_as_burnt() -> None:
    found = moved(of(light(4.0)), of(light()))
    assert found is not None
    assert found.burnt > 0.9


def test_a_light_that_changes_everywhere_is_no_movement() -> None:
    assert moved(of(255 - light()), of(light())) is None


def test_pictures_of_other_sizes_are_not_compared() -> None:
    assert moved(of(light()), of(light()[:, :-20])) is None


@given(
    arrays.arrays(np.uint8, (24, 32, 3)),
    arrays.arrays(np.uint8, (24, 32, 3)),
)
def test_any_two_pictures_can_be_compared(one: np.ndarray, other: np.ndarray) -> None:
    found = moved(of(one), of(other))
    if found is not None:
        assert 0 <= found.level <= 1 and 0 <= found.burnt <= 1 and 0 < found.share < 1


@given(st.integers(1, 10**6), st.none() | st.floats(1.0, 64.0), st.floats(-8.0, 8.0))
def test_an_exposure_stays_within_its_clamps(time_us: int, gain: float | None, ev: float) -> None:
    asked = scaled(Exposure(time_us, gain), ev, TERMS)
    assert asked is not None and asked.exposure_us is not None
    assert TERMS.shortest_us <= asked.exposure_us <= TERMS.longest_us
    assert (asked.analogue_gain is None) == (gain is None)
    assert asked.analogue_gain is None or 1 <= asked.analogue_gain <= TERMS.highest_gain


@given(st.integers(100, 10_000), st.floats(1.0, 4.0), st.floats(-1.0, 1.0))
def test_within_them_it_lets_in_as_much_as_it_should(time_us: int, gain: float, ev: float) -> None:
    asked = scaled(Exposure(time_us, gain), ev, TERMS)
    assert asked is not None and asked.exposure_us is not None and asked.analogue_gain is not None
    wanted = max(time_us * gain * 2**ev, TERMS.shortest_us)
    assert asked.exposure_us * asked.analogue_gain == pytest.approx(wanted, rel=0.02)


def test_time_is_used_before_gain_and_a_long_time_is_cut() -> None:
    assert scaled(Exposure(10_000, 1.0), 1.0, TERMS) == Exposure(20_000, 1.0)
    assert scaled(Exposure(10_000, 1.0), 2.0, TERMS) == Exposure(20_000, 2.0)
    assert scaled(Exposure(100_000, 2.0), 0.0, TERMS) == Exposure(20_000, 10.0)


def test_a_camera_that_tells_nothing_is_asked_for_nothing() -> None:
    assert scaled(Exposure(), -1.0, TERMS) is None
    meter = BurstMeter(TERMS, of(light()), lit=True)
    assert meter.next(of(light(4.0)), Exposure()) is None
    assert meter.burnt == 1


@given(st.floats(0.0, 1.0))
def test_what_is_too_bright_is_darkened_and_what_is_too_dark_brightened(level: float) -> None:
    assert (wanted_ev(level) < 0) == (level > 0.5)


def run(
    meter: BurstMeter, coat: float, first: Exposure, pictures: int, lag: int = 0
) -> list[float]:
    """A burst of a coat, in stops from ``first``; what is asked for comes ``lag`` pictures late."""
    asked = [first] * (lag + 1)
    gone = []
    for _ in range(pictures):
        now = asked[0]
        assert now.exposure_us and now.analogue_gain and first.exposure_us and first.analogue_gain
        ev = math.log2(now.exposure_us * now.analogue_gain / first.exposure_us)
        gone.append(ev)
        wanted = meter.next(of(light(coat, ev)), now)
        asked = [*asked[1:], wanted or asked[-1]]
    return gone


FIRST = Exposure(10_000, 1.0)


def test_for_a_dark_animals_sake_the_rest_is_not_burnt_out() -> None:
    dark, sky = light(0.02), light(0.02)
    sky[20:50] = 150  # a quarter of the frame, at 30 % of full scale
    assert headroom_ev(of(dark)) > 1
    assert 1.2 < headroom_ev(of(sky)) < 1.7
    meter = BurstMeter(TERMS, of(np.where(sky == dark, light(), sky)), lit=False)
    asked = meter.next(of(sky), FIRST)
    assert asked is not None and asked.exposure_us is not None
    assert 2.2 < asked.exposure_us / 10_000 * (asked.analogue_gain or 0) < 3.3


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_a_burnt_coat_is_exposed_darker_by_steps_until_it_is_white_no_more(lag: int) -> None:
    gone = run(BurstMeter(TERMS, of(light()), lit=True), 4.0, FIRST, 20, lag)
    assert gone == sorted(gone, reverse=True)
    assert 4.0 * 2 ** gone[-1] == pytest.approx(0.5, rel=0.5)
    assert gone[lag + 1] == pytest.approx(-TERMS.step_ev, abs=0.05)


def test_without_a_background_the_burnt_patch_itself_is_enough_by_lamplight() -> None:
    gone = run(BurstMeter(TERMS, None, lit=True), 4.0, FIRST, 20)
    assert 4.0 * 2 ** gone[-1] < 0.95


def test_by_day_a_white_sky_that_does_not_move_changes_nothing() -> None:
    assert set(run(BurstMeter(TERMS, None, lit=False), 4.0, FIRST, 5)) == {0.0}


def test_a_rock_that_is_always_white_in_lamplight_darkens_nothing() -> None:
    assert set(run(BurstMeter(TERMS, of(light(4.0)), lit=True), 4.0, FIRST, 5)) == {0.0}


def test_it_goes_no_further_than_it_may() -> None:
    gone = run(BurstMeter(TERMS, of(light()), lit=True), 10_000.0, FIRST, 30)
    assert min(gone) == pytest.approx(-TERMS.most_darker_ev, abs=0.3)


def test_a_camera_that_does_not_do_as_told_is_asked_again_and_not_for_ever_more() -> None:
    meter = BurstMeter(TERMS, of(light()), lit=True)
    asked = [meter.next(of(light(4.0)), FIRST) for _ in range(10)]
    told = {exposure for exposure in asked if exposure is not None}
    assert len(told) == 1
    assert 1 < sum(exposure is not None for exposure in asked) < 5


@pytest.mark.parametrize(
    "wrong", [{"shortest_us": 0}, {"longest_us": 10}, {"step_ev": 0.0}, {"bracket_ev": -1.0}]
)
def test_terms_that_contradict_each_other_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"exposures last|above 0"):
        MeterTerms(**wrong)  # type: ignore[arg-type]
