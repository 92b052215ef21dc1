"""When something happened, known by run and uptime: never outside the bounds that are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.health.clock_bounds import Bounds, NotBefore, bounds
from edge.records import ClockQuality
from edge.wire.air.moment import Anchor, Uptime

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
WRONG = datetime(1970, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def ntp(run: int, seconds: int, when: datetime) -> Anchor:
    return Anchor(Uptime(run, seconds), when, ClockQuality.NTP)


def test_a_moment_of_a_run_whose_clock_was_set_later_is_known_to_seconds() -> None:
    found = bounds(Uptime(3, 100), [ntp(3, 1000, NOON)])
    assert found.earliest is not None and found.latest is not None
    assert found.earliest <= at(-900) <= found.latest
    assert found.latest - found.earliest < timedelta(seconds=5)


def test_a_run_without_a_clock_lies_between_its_neighbours() -> None:
    found = bounds(Uptime(4, 50), [ntp(3, 500, NOON), ntp(5, 60, at(7200))])
    assert found == Bounds(at(50 - 2), at(7200 - 60 + 2))


def test_a_clock_that_was_never_set_tells_nothing() -> None:
    unset = Anchor(Uptime(1, 10), WRONG, ClockQuality.UNSET)
    assert bounds(Uptime(1, 20), [unset]) == Bounds()


def test_a_boards_own_clock_is_left_aside_where_the_network_contradicts_it() -> None:
    rtc = Anchor(Uptime(1, 10), datetime(2038, 1, 19, tzinfo=UTC), ClockQuality.RTC)
    assert bounds(Uptime(1, 20), [rtc, ntp(1, 30, NOON)]) == bounds(
        Uptime(1, 20), [ntp(1, 30, NOON)]
    )


def test_basecamps_word_is_a_time_before_which_it_was_not() -> None:
    found = bounds(Uptime(1, 20), [], [NotBefore(Uptime(1, 10), NOON)])
    assert found == Bounds(earliest=at(10))
    assert bounds(Uptime(1, 5), [], [NotBefore(Uptime(1, 10), NOON)]).earliest == at(-5)


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[Uptime, datetime]]:
    """Moments of several runs, and when each truly was."""
    moments, began_s = [], 0.0
    for run in range(1, draw(st.integers(2, 5))):
        ages = sorted(draw(st.lists(st.integers(0, 100_000), min_size=1, max_size=4)))
        moments += [(Uptime(run, age), at(began_s + age)) for age in ages]
        began_s += ages[-1] + draw(st.integers(1, 1_000_000))
    return moments


@given(lives(), st.data())
def test_the_truth_always_lies_within(
    life: list[tuple[Uptime, datetime]], data: st.DataObject
) -> None:
    heard = data.draw(st.lists(st.sampled_from(life)))
    anchors = [Anchor(uptime, true, ClockQuality.NTP) for uptime, true in heard]
    anchors += [Anchor(uptime, WRONG, ClockQuality.UNSET) for uptime, _ in life]
    for moment, true in life:
        found = bounds(moment, anchors)
        assert found.earliest is None or found.earliest <= true
        assert found.latest is None or true <= found.latest
