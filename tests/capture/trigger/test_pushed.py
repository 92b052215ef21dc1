from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.capture.trigger.firing import Cause, Firing, moment
from edge.capture.trigger.pushed import MOST_WAITING, ControllerTrigger, ManualTrigger
from edge.records import ClockQuality

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


def heard(at: datetime | None) -> Firing:
    trigger = ControllerTrigger(lambda: NOW, now_s=lambda: 20.0)
    trigger.heard(at, ClockQuality.GPS)
    firing = trigger.wait(0.0)
    assert firing is not None
    return firing


def test_what_the_controller_saw_before_the_station_started_keeps_its_time() -> None:
    at = NOW - timedelta(seconds=45)
    firing = heard(at)
    assert (firing.at_s, firing.at, firing.clock) == (-25.0, at, ClockQuality.GPS)


def test_what_no_clock_knows_the_time_of_counts_as_now() -> None:
    firing = heard(None)
    assert (firing.at_s, firing.at) == (20.0, None)


def test_nothing_has_happened_in_the_future() -> None:
    assert heard(NOW + timedelta(hours=1)).at_s == 20.0


def test_a_clock_that_was_set_by_years_makes_nothing_old_that_was_just_seen() -> None:
    trigger = ControllerTrigger(lambda: NOW, now_s=lambda: 20.0)
    at = NOW - timedelta(days=3650)
    trigger.heard(at, ClockQuality.NTP, at_s=19.5)
    firing = trigger.wait(0.0)
    assert firing is not None
    assert (firing.at_s, firing.at) == (19.5, at)


def test_what_was_pushed_before_arming_is_kept() -> None:
    trigger = ManualTrigger()
    trigger.fire()
    trigger.arm()
    assert trigger.wait(0.0) is not None


def test_what_is_too_much_is_counted() -> None:
    trigger = ManualTrigger()
    for _ in range(MOST_WAITING + 5):
        trigger.fire()
    assert trigger.lost == 5


@pytest.mark.parametrize(
    ("told", "expected"), [(None, NOW - timedelta(seconds=5)), (NOW.replace(hour=1),) * 2]
)
def test_the_moment_of_a_firing_is_what_its_own_clock_said_or_as_long_ago(
    told: datetime | None, expected: datetime
) -> None:
    assert moment(Firing(Cause.PIR, "pir", 15.0, told), NOW, now_s=20.0) == expected
