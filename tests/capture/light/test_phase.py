"""Day, dusk and night, and what does not change them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.light.lux import Reading
from edge.capture.light.phase import Phase, Phases, PhaseTerms

TERMS = PhaseTerms()
STEP_S = 10.0


def lived(*lights: tuple[float, float], phases: Phases | None = None) -> Phases:
    """Through so many seconds of so many lux, and again."""
    phases = phases or Phases(TERMS)
    now_s = 0.0
    for lasted_s, lux in lights:
        for _ in range(int(lasted_s / STEP_S)):
            now_s += STEP_S
            phases.saw(Reading(lux, lux), now_s)
    return phases


def test_nothing_is_known_before_the_first_reading() -> None:
    assert Phases(TERMS).phase is None


@pytest.mark.parametrize(
    ("lux", "phase"), [(0.1, Phase.NIGHT), (10.0, Phase.DUSK), (1_000.0, Phase.DAY)]
)
def test_the_first_reading_says_what_it_is(lux: float, phase: Phase) -> None:
    assert lived((STEP_S, lux)).phase is phase


def test_an_evening_goes_from_day_by_dusk_to_night_and_a_morning_back() -> None:
    evening = [(60.0, 2000.0 / 2**n) for n in range(20)]
    seen: list[Phase | None] = []
    phases = Phases(TERMS)
    now_s = 0.0
    for lasted_s, lux in [*evening, *reversed(evening)]:
        for _ in range(int(lasted_s / STEP_S)):
            now_s += STEP_S
            phases.saw(Reading(lux, lux), now_s)
            if not seen or seen[-1] is not phases.phase:
                seen.append(phases.phase)
    assert seen == [Phase.DAY, Phase.DUSK, Phase.NIGHT, Phase.DUSK, Phase.DAY]


@pytest.mark.parametrize("lux", [0.1, 20.0])
def test_a_cloud_shorter_than_the_dwell_changes_nothing(lux: float) -> None:
    assert lived((300, 1_000), (TERMS.dwell_s - STEP_S, lux), (300, 1_000)).changes == 0


def test_a_headlight_at_night_changes_nothing() -> None:
    assert lived((300, 0.1), (60, 500), (300, 0.1)).changes == 0


def test_light_that_flickers_about_a_limit_changes_it_once_at_most() -> None:
    swaying = [(130.0, lux) for _ in range(10) for lux in (TERMS.night_lx * 0.9, 3.0)]
    assert lived((300, 10.0), *swaying).changes == 1


def test_what_stays_is_believed() -> None:
    phases = lived((300, 1_000), (TERMS.dwell_s + 2 * STEP_S, 0.1))
    assert phases.phase is Phase.NIGHT


@given(
    st.lists(st.floats(0.6, 1.6), min_size=1, max_size=200),
    st.floats(0.01, 100_000.0),
)
def test_light_that_stays_within_a_stop_never_changes_twice(
    swayings: list[float], lux: float
) -> None:
    assert lived(*((150.0, lux * swaying) for swaying in swayings)).changes <= 1


def test_a_bound_alone_turns_nothing_the_other_way() -> None:
    phases = lived((300, 0.1))
    for n in range(100):  # pictures so dark that they tell the most there can be, and no least
        phases.saw(Reading(0.0, 100_000.0), 300 + n * STEP_S)
    assert phases.phase is Phase.NIGHT


def test_a_first_picture_that_is_merely_black_says_nothing() -> None:
    phases = Phases(TERMS)
    told = []
    for most_lx in (20.0, 1.0):
        phases.saw(Reading(0.0, most_lx), most_lx)
        told.append(phases.phase)
    assert told == [None, Phase.NIGHT]


def test_after_a_long_sleep_one_reading_is_enough() -> None:
    phases = lived((300, 0.1))
    phases.saw(Reading(5_000, 5_000), 300 + TERMS.stale_s + 1)
    assert phases.phase is Phase.DAY


def test_what_the_hour_says_counts_until_something_was_seen() -> None:
    phases = Phases(TERMS)
    phases.suppose(Phase.NIGHT, 0.0)
    told = [phases.phase]
    phases.saw(Reading(5_000, 5_000), 1.0)
    phases.suppose(Phase.NIGHT, 2.0)
    assert [*told, phases.phase] == [Phase.NIGHT, Phase.DAY]


@pytest.mark.parametrize(
    "wrong", [{"night_lx": 10.0, "dusk_lx": 20.0}, {"back": 0.5}, {"dwell_s": 1e6}]
)
def test_terms_that_contradict_each_other_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        PhaseTerms(**wrong)
