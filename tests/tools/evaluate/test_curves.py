"""Curves say what another threshold would do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import ObservationType
from tests.tools.evaluate.making import WHERE, burst, frame
from tools.evaluate.curves import (
    at_prior,
    blank_sweep,
    detector_recall,
    precision_recall,
    reliability,
)
from tools.evaluate.labelled import Mode, Truth
from tools.evaluate.outcomes import BurstOutcome

UNIT = st.floats(0, 1, width=32)
scored = st.lists(st.tuples(st.booleans(), UNIT), min_size=1, max_size=30)


def _scored(target: bool, score: float) -> BurstOutcome:
    truth = Truth.TARGET if target else Truth.ANIMAL
    return burst(truth, ObservationType.ANIMAL, target_score=score)


def _kept(truth: Truth, score: float) -> BurstOutcome:
    return burst(truth, keep_score=score)


def test_scores_in_perfect_order_give_perfect_precision() -> None:
    curve = precision_recall([_scored(True, 0.9), _scored(True, 0.8), _scored(False, 0.1)])
    assert curve is not None
    assert list(curve.recall) == [0.5, 1.0, 1.0]
    assert list(curve.precision) == pytest.approx([1.0, 1.0, 2 / 3])
    assert curve.average_precision == 1.0


def test_equal_scores_are_one_threshold() -> None:
    curve = precision_recall([_scored(True, 0.5), _scored(False, 0.5)])
    assert curve is not None
    assert list(curve.precision) == [0.5]
    assert list(curve.recall) == [1.0]


def test_other_spotted_cats_are_neither_right_nor_wrong() -> None:
    cousin = burst(Truth.COUSIN, target_score=1.0)
    bursts = [_scored(True, 0.9), _scored(False, 0.1)]
    with_cousin, without = precision_recall([*bursts, cousin]), precision_recall(bursts)
    assert with_cousin is not None
    assert without is not None
    assert list(with_cousin.precision) == list(without.precision)


def test_without_leopards_or_without_others_there_is_no_curve() -> None:
    assert precision_recall([_scored(True, 0.9)]) is None
    assert precision_recall([_scored(False, 0.9)]) is None
    assert blank_sweep([_kept(Truth.BLANK, 0.1)]) is None
    assert reliability([]) is None
    assert detector_recall([frame()]) == []


@given(scored)
def test_recall_rises_to_all_and_precision_is_a_share(found: list[tuple[bool, float]]) -> None:
    curve = precision_recall([_scored(target, score) for target, score in found])
    if curve is None:
        return
    assert all(0 <= share <= 1 for share in curve.precision)
    assert list(curve.recall) == sorted(curve.recall)
    assert curve.recall[-1] == 1.0


def test_the_sweep_drops_blanks_below_the_faintest_leopard() -> None:
    bursts = [_kept(Truth.TARGET, score) for score in (0.4, 0.9)]
    bursts += [_kept(Truth.BLANK, score) for score in (0.1, 0.2, 0.3, 0.8)]
    curve = blank_sweep(bursts)
    assert curve is not None
    assert curve.dropped_at(1.0) == 0.75
    assert curve.dropped_at(0.5) == 1.0
    assert (curve.kept[0], curve.dropped[0]) == (1.0, 0.0)
    assert (curve.kept[-1], curve.dropped[-1]) == (0.0, 1.0)


@given(scored)
def test_dropping_more_never_keeps_more(found: list[tuple[bool, float]]) -> None:
    truths = {True: Truth.TARGET, False: Truth.BLANK}
    curve = blank_sweep([_kept(truths[leopard], score) for leopard, score in found])
    if curve is None:
        return
    assert list(curve.kept) == sorted(curve.kept, reverse=True)
    assert list(curve.dropped) == sorted(curve.dropped)


def test_a_score_that_is_the_share_has_no_calibration_error() -> None:
    bursts = [_scored(True, 0.75)] * 3 + [_scored(False, 0.75)]
    found = reliability(bursts)
    assert found is not None
    assert found.calibration_error == pytest.approx(0.0)
    assert found.brier == pytest.approx(0.75 * 0.25)
    assert sum(one.targets.total for one in found.bins) == 4


def test_a_score_that_is_always_wrong_has_the_largest_error() -> None:
    found = reliability([_scored(True, 0.0), _scored(False, 1.0)])
    assert found is not None
    assert (found.brier, found.calibration_error) == (1.0, 1.0)


def test_a_probability_means_less_where_leopards_are_rarer() -> None:
    assert at_prior(0.5, 0.38, 0.05) == pytest.approx(0.079, abs=5e-4)
    assert at_prior(0.3, 0.3, 0.3) == pytest.approx(0.3)


@given(UNIT, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_another_place_and_back_is_the_same_probability(
    score: float, prior: float, there: float
) -> None:
    assert at_prior(at_prior(score, prior, there), there, prior) == pytest.approx(score, abs=1e-9)


def test_the_detector_finds_less_at_higher_thresholds_in_each_light() -> None:
    frames = [
        frame(found="animal", drawn=(WHERE,), score=score, mode=mode)
        for score, mode in ((0.2, Mode.DAY), (0.6, Mode.DAY), (0.9, Mode.INFRARED))
    ]
    day, infrared = detector_recall(frames)
    assert (day.mode, day.frames, infrared.frames) == (Mode.DAY, 2, 1)
    assert day.thresholds[0] == pytest.approx(0.2)
    assert (day.recall[0], day.recall[-1]) == (1.0, 0.0)
    assert list(day.recall) == sorted(day.recall, reverse=True)
