from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.trigger.schedule import Daily, Every, Schedule, ScheduleTrigger
from tests.capture.trigger.rigs import SetClock

HOUR = timedelta(hours=1)
YEARS = st.datetimes(datetime(1970, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))


def test_a_time_lapse_keeps_to_whole_intervals() -> None:
    at = datetime(2026, 3, 1, 12, 7, tzinfo=UTC)
    assert Every(timedelta(minutes=15)).next_after(at) == at.replace(minute=15)


@given(YEARS, st.timedeltas(timedelta(seconds=1), timedelta(days=30)))
def test_the_next_of_a_time_lapse_is_ahead_and_less_than_an_interval_away(
    at: datetime, interval: timedelta
) -> None:
    due = Every(interval).next_after(at)
    assert due is not None
    assert timedelta(0) < due - at <= interval
    assert Every(interval).next_after(due) == due + interval


def test_times_of_day_come_in_turn_and_again_tomorrow() -> None:
    schedule = Daily((time(18, 30), time(6)))
    dawn = datetime(2026, 2, 28, 6, tzinfo=UTC)
    dusk = schedule.next_after(dawn)
    assert dusk == datetime(2026, 2, 28, 18, 30, tzinfo=UTC)
    assert schedule.next_after(dusk) == datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("schedule", [Every(HOUR), Daily((time(6),))])
def test_at_the_end_of_the_calendar_there_is_no_next(schedule: Schedule) -> None:
    assert schedule.next_after(datetime.max.replace(tzinfo=UTC)) is None


def test_terms_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="1 s or more"):
        Every(timedelta(0))
    with pytest.raises(ValueError, match="must not be empty"):
        Daily(())


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def hourly(clock: SetClock) -> ScheduleTrigger:
    trigger = ScheduleTrigger(Every(HOUR), clock)
    trigger.arm()
    return trigger


def test_it_fires_when_it_is_time_and_not_again_at_once(
    clock: SetClock, hourly: ScheduleTrigger
) -> None:
    assert hourly.wait(0.0) is None
    clock.go_on(timedelta(hours=1))
    assert hourly.wait(0.0) is not None
    assert hourly.wait(0.0) is None


@pytest.mark.parametrize("years", [10, 44, 56])
def test_a_clock_that_leaps_ahead_sets_off_nothing_that_lay_between(
    clock: SetClock, hourly: ScheduleTrigger, years: int
) -> None:
    clock.go_on(timedelta(days=365.25 * years) + timedelta(minutes=17))
    assert hourly.wait(0.0) is None
    clock.go_on(HOUR - timedelta(minutes=17))
    assert hourly.wait(0.0) is not None


@pytest.mark.parametrize("years", [10, 56])
def test_a_clock_that_is_set_back_is_followed(
    clock: SetClock, hourly: ScheduleTrigger, years: int
) -> None:
    clock.go_on(-timedelta(days=365 * years))
    assert hourly.wait(0.0) is None
    clock.go_on(HOUR)
    assert hourly.wait(0.0) is not None
