"""Evidence adds up, in any order, and never by more than the frames are worth."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.vision.errors import InferenceError
from edge.vision.sequential import IDENTITY, Calibration, Ruling, ruling, together

MASS = st.floats(0, 1)
MASSES = st.lists(MASS, min_size=1, max_size=15)
FITTED = Calibration(bias=3.0, slope=1.36, prior=0.2, visible=0.92, independence=0.58)
CALIBRATIONS = st.sampled_from([IDENTITY, FITTED])


@given(MASSES, st.integers(0, 14), MASS, CALIBRATIONS)
def test_more_mass_in_any_frame_is_never_less_evidence(
    masses: list[float], at: int, mass: float, calibration: Calibration
) -> None:
    more = list(masses)
    at %= len(more)
    more[at] = max(more[at], mass)
    assert together(more, calibration) >= together(masses, calibration) - 1e-9


@given(MASSES, CALIBRATIONS)
def test_the_order_of_the_frames_does_not_matter(
    masses: list[float], calibration: Calibration
) -> None:
    shuffled = sorted(masses)
    assert together(shuffled, calibration) == pytest.approx(together(masses, calibration))


@given(MASSES, CALIBRATIONS)
def test_all_frames_are_worth_no_more_than_independent_ones(
    masses: list[float], calibration: Calibration
) -> None:
    ratios = [calibration.evidence(mass) for mass in masses]
    gain = sum(ratio for ratio in ratios if ratio > 0)
    assert together(masses, calibration) <= max(gain, max(ratios)) + 1e-9


@given(MASS, CALIBRATIONS)
def test_one_frame_without_a_cat_is_bounded_evidence_against_one(
    mass: float, calibration: Calibration
) -> None:
    assert calibration.evidence(mass) >= math.log(1 - calibration.visible) - 1e-9


@given(st.lists(st.floats(0, 0.01), min_size=1, max_size=15), CALIBRATIONS)
def test_empty_frames_alone_never_tell_a_target(
    masses: list[float], calibration: Calibration
) -> None:
    assert ruling(masses, calibration) is not Ruling.TARGET


def test_several_faint_frames_tell_together_what_none_tells_alone() -> None:
    assert ruling([0.17], FITTED) is Ruling.OPEN
    assert ruling([0.17] * 4, FITTED) is Ruling.TARGET


def test_a_faint_frame_is_not_outvoted_by_two_empty_ones() -> None:
    assert ruling([0.9, 0.0, 0.0], FITTED) is not Ruling.NOTHING


def test_nothing_looked_at_is_no_evidence() -> None:
    assert together([], FITTED) == 0.0
    assert ruling([], FITTED) is Ruling.OPEN


def test_one_clear_frame_rules_a_target_out_at_the_stated_error_rate() -> None:
    assert ruling([0.0], FITTED) is Ruling.NOTHING
    strict = Calibration(3.0, 1.36, 0.2, 0.92, 0.58, beta=0.01)
    assert ruling([0.0], strict) is Ruling.OPEN


@given(st.floats(-40, 40))
def test_evidence_moves_the_prior(evidence: float) -> None:
    posterior = FITTED.posterior(evidence)
    assert 0 <= posterior <= 1
    assert (posterior > FITTED.prior) == (evidence > 1e-12) or abs(evidence) < 1e-6


@pytest.mark.parametrize(
    "wrong", [{"alpha": 0.0}, {"visible": 1.2}, {"prior": 1.0}, {"slope": -1.0}, {"bias": math.nan}]
)
def test_a_calibration_with_which_nothing_can_be_told_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InferenceError, match=next(iter(wrong))):
        Calibration(**wrong)
