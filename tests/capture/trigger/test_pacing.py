from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.trigger.firing import Cause, Firing
from edge.capture.trigger.pacing import Pacing, PacingTerms
from edge.capture.trigger.storm import StormTerms
from tests.capture.trigger.driving import GENEROUS, Taken, ignore, pir, taken_bursts

EIGHTHS = st.integers(0, 8 * 90).map(lambda eighths: eighths / 8)
"""Moments of a minute and a half that floats add exactly."""
TERMS = PacingTerms(debounce_s=0, tail_s=3, longest_s=10, rest_s=0.5)


def calm(terms: PacingTerms = TERMS) -> Pacing:
    """Pacing in which no storm comes up."""
    return Pacing(terms, GENEROUS, Random(1).random, ignore)


def bursts_of(*moments_s: float, terms: PacingTerms = TERMS) -> list[Taken]:
    return taken_bursts(calm(terms), terms.rest_s, [pir(at_s) for at_s in moments_s])


def test_a_firing_begins_a_burst_at_once() -> None:
    (burst,) = bursts_of(7)
    assert (burst.began_s, burst.ended_s) == (7, 10)


def test_an_animal_that_follows_within_the_burst_prolongs_it() -> None:
    (burst,) = bursts_of(0, 2)
    assert burst.ended_s == 5


def test_a_burst_that_is_long_enough_ends_and_the_next_begins_after_the_rest() -> None:
    first, second = bursts_of(*range(10))
    assert (first.began_s, first.ended_s, second.began_s) == (0, 10, 10.5)


def test_an_animal_that_comes_while_the_camera_rests_begins_the_next_burst() -> None:
    first, second = bursts_of(0, 3.25)
    assert (first.ended_s, second.began_s) == (3, 3.5)
    assert second.firing.at_s == 3.25, "the event is when the sensor saw it"


@given(st.lists(EIGHTHS, min_size=1, max_size=60))
def test_no_firing_is_swallowed(moments_s: list[float]) -> None:
    bursts = bursts_of(*moments_s)
    for at_s in moments_s:
        begins_next = any(0 <= burst.began_s - at_s <= TERMS.rest_s for burst in bursts)
        assert begins_next or any(burst.shows(at_s) for burst in bursts)


@given(st.lists(EIGHTHS, min_size=1, max_size=60))
def test_after_each_firing_frames_go_on_for_the_tail_but_for_rests(moments_s: list[float]) -> None:
    bursts = bursts_of(*moments_s)
    pauses = [one.began_s - last.ended_s for last, one in itertools.pairwise(bursts)]
    assert all(pause >= TERMS.rest_s for pause in pauses)
    for at_s in moments_s:
        for eighths in range(int(TERMS.tail_s * 8) + 1):
            moment_s = at_s + eighths / 8
            rests = any(0 <= moment_s - burst.ended_s <= TERMS.rest_s for burst in bursts)
            assert rests or any(burst.shows(moment_s) for burst in bursts)


@given(st.lists(EIGHTHS, max_size=60))
def test_no_burst_is_longer_than_the_longest(moments_s: list[float]) -> None:
    assert all(one.ended_s - one.began_s <= TERMS.longest_s for one in bursts_of(*moments_s))


@given(st.lists(st.floats(0, 20), min_size=1, max_size=40))
def test_what_bounces_lies_close_to_a_firing_that_counts(moments_s: list[float]) -> None:
    terms = PacingTerms(debounce_s=1, tail_s=2, longest_s=10_000)
    pacing = calm(terms)
    counting: list[float] = []
    for at_s in sorted(moments_s):
        bounced = pacing.counters()["bounced"]
        pacing.fired(pir(at_s), at_s)
        if pacing.counters()["bounced"] == bounced:
            counting.append(at_s)
        else:
            assert at_s - counting[-1] < terms.debounce_s
    gaps = [one - last for last, one in itertools.pairwise(counting)]
    assert counting[0] == min(moments_s)
    assert all(gap >= terms.debounce_s for gap in gaps)


def test_an_old_firing_that_comes_late_does_not_undo_the_debounce() -> None:
    pacing = calm(PacingTerms(debounce_s=1))
    for at_s in (50.0, 20.0, 50.5):
        pacing.fired(pir(at_s), 60)
    assert pacing.counters()["bounced"] == 1


def test_two_sensors_do_not_debounce_each_other() -> None:
    pacing = calm(PacingTerms(debounce_s=1))
    pacing.fired(pir(0, "left"), 0)
    pacing.fired(pir(0.5, "right"), 0.5)
    assert pacing.counters()["bounced"] == 0


def test_a_firing_heard_of_too_late_begins_no_burst_and_hides_none() -> None:
    pacing = calm(PacingTerms(stale_s=60))
    pacing.fired(pir(0), 100)
    assert pacing.begin(100) is None
    pacing.fired(pir(100), 100)
    assert pacing.begin(100) is not None
    assert pacing.counters()["stale"] == 1


def test_a_firing_from_before_the_station_woke_is_the_event_of_its_burst() -> None:
    pacing = calm()
    pacing.fired(pir(-12), 3)
    call = pacing.begin(3)
    assert call is not None
    assert (call.firing.at_s, call.began_s) == (-12, 3)


def test_an_animal_that_waits_for_a_slow_camera_is_still_pictured() -> None:
    pacing = calm(PacingTerms(stale_s=60))
    pacing.fired(pir(0), 0)
    pacing.begin(0)
    pacing.fired(pir(5), 5)  # the burst should have ended at 3
    pacing.end(500)
    assert pacing.begin(501) is not None


@given(
    st.lists(
        st.tuples(EIGHTHS, st.sampled_from(Cause), st.sampled_from("ab"), st.integers(0, 90)),
        max_size=60,
    ),
    st.integers(1, 5),
)
def test_the_counters_add_up(firings: list[tuple[float, Cause, str, int]], most: int) -> None:
    storm = StormTerms(most_bursts=most, per_hour=3600, calm_s=10)
    pacing = Pacing(PacingTerms(stale_s=60, rest_s=0), storm, Random(1).random, ignore)
    for now_s, cause, source, late_s in sorted(firings, key=lambda one: one[0]):
        pacing.fired(Firing(cause, source, now_s - late_s), now_s)
        if pacing.ends_s is not None and now_s >= pacing.ends_s:
            pacing.end(now_s)
        pacing.begin(now_s)
    counts = dict(pacing.counters())
    fates = ("bounced", "taken", "passed_over", "stale", "waiting")
    assert counts["fired"] == len(firings) == sum(counts[fate] for fate in fates)


@pytest.mark.parametrize(
    "wrong", [{"tail_s": 0}, {"tail_s": 9, "longest_s": 8}, {"rest_s": -1}, {"debounce_s": -0.1}]
)
def test_terms_that_contradict_each_other_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        PacingTerms(**wrong)


def test_a_camera_that_wakes_late_gets_a_burst_as_long_as_any_other() -> None:
    pacing = calm(TERMS)
    pacing.fired(pir(0.0), 0.0)
    assert pacing.begin(0.0) is not None
    pacing.awake(20.0)
    assert pacing.ends_s == 20.0 + TERMS.tail_s
    pacing.fired(pir(20.5), 20.5)
    assert pacing.ends_s == 20.5 + TERMS.tail_s


def test_waking_without_a_burst_changes_nothing() -> None:
    pacing = calm(TERMS)
    pacing.awake(20.0)
    assert pacing.ends_s is None


def test_only_a_sensor_in_a_storm_rages() -> None:
    pacing = Pacing(TERMS, StormTerms(most_bursts=1), Random(1).random, ignore)
    assert not pacing.raging("pir")
    for at_s in (0.0, 100.0):
        pacing.fired(pir(at_s), at_s)
        pacing.begin(at_s)
        pacing.end(at_s)
    assert pacing.raging("pir")
    assert not pacing.raging("other side")
