"""An event keeps its own time, whatever the clock was and however late it is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from edge.records import ClockQuality
from edge.wire.air.downlink import next_down_counter
from edge.wire.air.moment import Anchor, Uptime, age_s, moment_code, moment_of, resolved
from tests.wire.air import strategies as some

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
AT_NOON = Anchor(Uptime(7, 10_000), NOON, ClockQuality.NTP)


@given(some.moments)
def test_a_time_comes_back_from_its_code(moment: datetime) -> None:
    assert moment_of(moment_code(moment), by_uptime=False) == moment


@given(some.uptimes)
def test_an_uptime_comes_back_from_its_code(moment: Uptime) -> None:
    assert moment_of(moment_code(moment), by_uptime=True) == moment


def test_a_time_that_is_told_stands() -> None:
    assert resolved(NOON, [AT_NOON]) == NOON


def test_a_heartbeat_of_the_same_run_gives_an_event_its_time() -> None:
    assert resolved(Uptime(7, 6400), [AT_NOON]) == NOON - timedelta(hours=1)
    assert resolved(Uptime(7, 13_600), [AT_NOON]) == NOON + timedelta(hours=1)


def test_a_heartbeat_of_another_run_or_with_an_unset_clock_does_not() -> None:
    unset = Anchor(Uptime(7, 10_000), datetime(2000, 1, 1, tzinfo=UTC), ClockQuality.UNSET)
    assert resolved(Uptime(8, 6400), [AT_NOON, unset]) is None
    assert resolved(Uptime(7, 6400), [unset]) is None
    assert resolved(Uptime(7, 6400), []) is None


def test_the_nearest_heartbeat_decides_for_clocks_drift() -> None:
    drifted = Anchor(Uptime(7, 1_010_000), NOON + timedelta(seconds=1_000_030), ClockQuality.NTP)
    early, late = Uptime(7, 11_000), Uptime(7, 1_009_000)
    assert resolved(early, [drifted, AT_NOON]) == NOON + timedelta(seconds=1000)
    assert resolved(late, [AT_NOON, drifted]) == NOON + timedelta(seconds=999_030)


def test_an_event_s_age_is_told_by_the_clock_it_was_told_by() -> None:
    here = Uptime(7, 9000)
    assert age_s(NOON, NOON + timedelta(minutes=5), here) == 300
    assert age_s(NOON, NOON - timedelta(minutes=5), here) == 0
    assert age_s(Uptime(7, 6000), NOON, here) == 3000
    assert age_s(Uptime(6, 50), NOON, here) == 9000


def test_downlink_counters_rise_with_every_frame_and_with_the_clock() -> None:
    first = next_down_counter(-1, NOON)
    assert next_down_counter(first, NOON) == first + 1
    assert next_down_counter(first, NOON - timedelta(days=30)) == first + 1
    assert next_down_counter(-1, NOON + timedelta(minutes=5)) == first + 5


def test_no_downlink_counter_is_left_after_2057() -> None:
    with pytest.raises(OverflowError, match="give the station a new key"):
        next_down_counter(-1, datetime(2058, 1, 1, tzinfo=UTC))
