from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.trigger.firing import Cause, Firing
from edge.capture.trigger.pacing import Pacing, PacingTerms
from edge.capture.trigger.storm import HOUR_S, Storm, StormReport, StormTerms
from tests.capture.trigger.driving import Taken, pir, taken_bursts

TERMS = StormTerms(most_bursts=30, per_hour=30, sample_share=0.5, calm_s=300)
PACING = PacingTerms()
NOON_S = 4 * HOUR_S


def hot_rock(firings: int = 2000, lasts_s: float = NOON_S) -> list[Firing]:
    """A rock that fires as regularly as a clock."""
    return [pir(number * lasts_s / firings) for number in range(firings)]


def live_through(firings: list[Firing], seed: int = 1) -> tuple[list[Taken], list[StormReport]]:
    told: list[StormReport] = []
    pacing = Pacing(PACING, TERMS, Random(seed).random, told.append)
    bursts = taken_bursts(pacing, PACING.rest_s, firings)
    pacing.begin(1e9)  # long after
    return bursts, told


def test_a_rock_that_fires_2000_times_a_noon_costs_a_bounded_number_of_bursts() -> None:
    bursts, _ = live_through(hot_rock())
    assert len(bursts) <= TERMS.bound(NOON_S) == 150
    assert all(one.ended_s - one.began_s <= PACING.longest_s for one in bursts)


def test_a_storm_is_reported_as_it_begins_and_as_it_is_over() -> None:
    bursts, told = live_through(hot_rock())
    began, ended = told
    assert (began.over, ended.over) == (False, True)
    assert began.began_s == ended.began_s
    assert ended.last_s == hot_rock()[-1].at_s
    assert 0 < ended.bursts < ended.firings < 2000
    assert ended.bursts < len(bursts), "those before it began were none of its"


def test_samples_are_taken_all_through_the_storm() -> None:
    bursts, _ = live_through(hot_rock())
    for hour in range(4):
        in_hour = [one for one in bursts if hour * HOUR_S <= one.began_s < (hour + 1) * HOUR_S]
        assert len(in_hour) >= 10


def test_samples_come_at_no_regular_times() -> None:
    bursts, (began, _) = live_through(hot_rock(1000, 2 * HOUR_S))
    slot_s = HOUR_S / (TERMS.per_hour * TERMS.sample_share)
    sampled = [one.began_s - began.began_s for one in bursts if one.began_s > began.began_s]
    assert {int(4 * (at_s % slot_s) / slot_s) for at_s in sampled} == {0, 1, 2, 3}


def test_samples_are_no_longer_than_they_must_be() -> None:
    bursts, (began, _) = live_through(hot_rock(14_400))  # a firing a second
    sampled = [one for one in bursts if one.began_s > began.began_s]
    assert {one.ended_s - one.began_s for one in bursts if one not in sampled} == {PACING.longest_s}
    assert {round(one.ended_s - one.began_s, 6) for one in sampled} == {PACING.tail_s}


def test_a_storm_of_days_is_sampled_with_all_the_income() -> None:
    bursts, _ = live_through(hot_rock(4000, 8 * HOUR_S))
    assert sum(one.began_s >= 7 * HOUR_S for one in bursts) >= 0.9 * TERMS.per_hour


def test_the_herd_after_the_storm_finds_the_budget_filled_again() -> None:
    herd = [pir(NOON_S + TERMS.calm_s + number * 60) for number in range(20)]
    bursts, _ = live_through(hot_rock() + herd)
    assert {one.at_s for one in herd} <= {burst.firing.at_s for burst in bursts}


def test_a_rock_before_one_sensor_costs_the_other_nothing() -> None:
    herd = [pir(HOUR_S + number * 60, "other side") for number in range(20)]
    bursts, _ = live_through(hot_rock() + herd)
    assert all(
        any(burst.shows(one.at_s) for burst in bursts) or _began_next(bursts, one.at_s)
        for one in herd
    )


def _began_next(bursts: list[Taken], at_s: float) -> bool:
    return any(0 <= burst.began_s - at_s <= PACING.rest_s for burst in bursts)


@pytest.mark.parametrize("cause", [Cause.TEST, Cause.SCHEDULE])
def test_a_storm_stops_neither_a_test_nor_the_schedule(cause: Cause) -> None:
    asked = [Firing(cause, cause, HOUR_S + number * 61) for number in range(100)]
    bursts, _ = live_through(hot_rock() + asked)
    for one in asked:
        assert any(burst.shows(one.at_s) for burst in bursts) or _began_next(bursts, one.at_s)


RUNS = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from([1, 7, 60, 290, 310, 4000])), max_size=12
)
"""So many firings, so many seconds apart, one run after the other."""


def _moments(runs: list[tuple[int, int]]) -> list[float]:
    now_s, moments = 0.0, []
    for count, apart_s in runs:
        for _ in range(count):
            now_s += apart_s
            moments.append(now_s)
    return moments


@given(RUNS, st.integers(1, 40), st.floats(1, 500), st.floats(0.05, 1), st.integers())
def test_no_stretch_of_time_costs_more_than_the_bound(
    runs: list[tuple[int, int]], most: int, per_hour: float, share: float, seed: int
) -> None:
    terms = StormTerms(most, per_hour, share, calm_s=HOUR_S / per_hour * 1.01)
    storm = Storm("pir", terms, Random(seed).random)
    taken = [now_s for now_s in _moments(runs) if _asked(storm, now_s)]
    for first, begins_s in enumerate(taken):
        for count, ends_s in enumerate(taken[first:], start=1):
            assert count <= terms.bound(ends_s - begins_s + 1e-6)


@given(RUNS, st.integers())
def test_the_first_firing_after_a_quiet_time_is_always_taken(
    runs: list[tuple[int, int]], seed: int
) -> None:
    storm = Storm("pir", TERMS, Random(seed).random)
    last_s = -TERMS.calm_s
    for now_s in _moments(runs):
        taken = _asked(storm, now_s)
        if now_s - last_s >= TERMS.calm_s:
            assert taken
        last_s = now_s


def _asked(storm: Storm, now_s: float) -> bool:
    storm.relax(now_s)
    storm.fired(now_s)
    return storm.admit(now_s)


@pytest.mark.parametrize(
    "wrong",
    [{"most_bursts": 0}, {"per_hour": 0}, {"per_hour": 1}, {"sample_share": 0}, {"calm_s": 5}],
)
def test_terms_by_which_animals_would_be_lost_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        StormTerms(**wrong)  # type: ignore[arg-type]
