"""What is expected of the sun after days in which it came, and in which it did not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.health.power_sun import UNKNOWN_NIGHT_S, Sun

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
STEP = timedelta(minutes=10)
LIT = range(4, 12)
"""UTC hours of a day in Central Asia."""
HOUR_S = 3600


def days(sun: Sun, first: int, count: int, harvest_j: float, lit: range = LIT) -> Sun:
    """``count`` whole days from day ``first`` on that bring ``harvest_j`` each."""
    steps = len(lit) * 6
    moment = BEGIN + timedelta(days=first)
    for _ in range(count * 24 * 6):
        is_lit = bool(harvest_j) and moment.hour in lit
        brought_j = harvest_j / steps if is_lit else 0.0
        sun = sun.seen(moment, STEP.total_seconds(), is_lit, brought_j)
        moment += STEP
    return sun


def at(day: int, hour: float) -> datetime:
    return BEGIN + timedelta(days=day, hours=hour)


def test_before_a_day_is_known_the_night_is_long_and_nothing_is_expected():
    assert Sun().until_sun_s(at(0, 3)) == UNKNOWN_NIGHT_S == 16 * HOUR_S
    assert Sun().harvest_j(at(0, 3)) == 0


def test_by_night_what_is_left_of_it_is_told():
    sun = days(Sun(), 0, 3, 50_000)
    assert sun.until_sun_s(at(3, 1)) == 3 * HOUR_S
    assert sun.until_sun_s(at(3, 20.5)) == 7.5 * HOUR_S


def test_by_day_the_whole_night_that_comes_counts():
    sun = days(Sun(), 0, 3, 50_000)
    assert sun.until_sun_s(at(3, 8)) == 16 * HOUR_S
    assert sun.until_sun_s(at(3, 11.9)) == 16 * HOUR_S


def test_nights_grow_shorter_with_the_days():
    sun = days(Sun(), 0, 3, 50_000, range(4, 12))
    sun = days(sun, 3, 14, 50_000, range(2, 14))
    assert sun.until_sun_s(at(17, 8)) == 12 * HOUR_S


def test_a_day_is_expected_to_bring_what_the_last_three_brought():
    sun = days(Sun(), 0, 5, 90_000)
    assert sun.harvest_j(at(5, 1)) == pytest.approx(90_000)
    sun = days(sun, 5, 1, 30_000)
    assert sun.harvest_j(at(6, 1)) == pytest.approx(70_000)


def test_snow_on_the_panel_ends_what_is_expected_within_three_days():
    sun = days(Sun(), 0, 4, 60_000)
    expected = []
    for day in range(4, 7):
        sun = days(sun, day, 1, 0)
        expected.append(sun.harvest_j(at(day + 1, 1)))
    assert expected == pytest.approx([40_000, 20_000, 0])


def test_snow_does_not_move_the_hours_of_the_sun():
    sun = days(days(Sun(), 0, 4, 60_000), 4, 10, 0)
    assert sun.until_sun_s(at(14, 1)) == 3 * HOUR_S


def test_a_bright_day_after_snow_counts_at_once():
    sun = days(days(Sun(), 0, 4, 60_000), 4, 3, 0)
    for minute in range(4 * 60, 8 * 60, 10):
        sun = sun.seen(at(7, minute / 60), 600, True, 1_250)
    assert sun.harvest_j(at(7, 8)) == pytest.approx(10_000)


def test_days_too_long_ago_promise_nothing():
    sun = days(Sun(), 0, 3, 60_000)
    assert sun.harvest_j(at(20, 1)) == 0


def test_a_day_of_which_little_was_seen_is_not_a_dark_one():
    sun = days(Sun(), 0, 3, 60_000)
    sun = sun.seen(at(3, 1), 600, False, 0.0)
    sun = sun.seen(at(4, 1), 600, False, 0.0)
    assert sun.harvest_j(at(4, 1)) == pytest.approx(60_000)


def test_a_clock_that_was_wrong_for_a_while_leaves_no_days_in_the_future():
    sun = days(Sun(), 0, 3, 60_000)
    sun = days(sun, 4000, 2, 999_000)
    sun = sun.seen(at(3, 1), 600, False, 0.0)
    assert all(day.ordinal < at(3, 0).toordinal() for day in sun.whole)
    assert sun.harvest_j(at(3, 1)) <= 60_000


def test_all_of_it_survives_as_plain_numbers():
    sun = days(Sun(), 0, 3, 60_000).seen(at(3, 5), 600, True, 1_000.0)
    assert Sun.from_plain(sun.to_plain()) == sun
