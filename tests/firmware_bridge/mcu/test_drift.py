"""The line through pairs of clocks."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from firmware_bridge.mcu import ClockReading, ClockSet, DriftEstimate
from firmware_bridge.mcu.drift import MOST_PAIRS
from tests.firmware_bridge.mcu.bench import linked

START = datetime(2030, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def reading(
    after: timedelta, ppm: float, ahead: timedelta = timedelta(), uncertainty_s: float = 0.002
) -> ClockReading:
    """What an RTC shows that gains ``ppm`` and was ``ahead`` at the start."""
    return ClockReading(0, START + ahead + after * (1 + ppm * 1e-6), START + after, uncertainty_s)


def test_two_moments_give_the_rate() -> None:
    estimate = DriftEstimate()
    estimate.add(reading(timedelta(), ppm=20))
    assert estimate.drift() is None
    estimate.add(reading(24 * HOUR, ppm=20))
    drift = estimate.drift()

    assert drift is not None
    assert drift.ppm == pytest.approx(20, abs=0.01)
    # 2 ms and the resolution of 1 ms at each of two ends, as standard deviations, over a day.
    assert drift.error_ppm == pytest.approx(1e6 * (2 * 5e-6 / 3) ** 0.5 / 86_400, rel=1e-3)


def test_noisy_readings_give_the_rate_within_its_error() -> None:
    drawn = random.Random(1)
    estimate = DriftEstimate()
    for hour in range(48):
        noise = timedelta(milliseconds=drawn.uniform(-20, 20))
        estimate.add(reading(hour * HOUR, ppm=-7, ahead=noise, uncertainty_s=0.02))
    drift = estimate.drift()

    assert drift is not None
    assert abs(drift.ppm + 7) < 3 * drift.error_ppm


def test_a_reading_that_took_long_counts_little() -> None:
    estimate = DriftEstimate(())
    for hour in (0, 12, 24):
        estimate.add(reading(hour * HOUR, ppm=5))
    estimate.add(reading(25 * HOUR, ppm=5, ahead=timedelta(seconds=2), uncertainty_s=2.0))
    drift = estimate.drift()

    assert drift is not None
    assert drift.ppm == pytest.approx(5, abs=0.1)


def test_setting_the_clock_does_not_look_like_drift() -> None:
    estimate = DriftEstimate()
    estimate.add(reading(timedelta(), ppm=30, ahead=timedelta(minutes=3)))
    before = reading(12 * HOUR, ppm=30, ahead=timedelta(minutes=3))
    estimate.was_set(ClockSet(before, to=before.host))
    set_ahead = before.host - START - 12 * HOUR * (1 + 30e-6)
    estimate.add(reading(36 * HOUR, ppm=30, ahead=set_ahead))
    drift = estimate.drift()

    assert drift is not None
    assert drift.ppm == pytest.approx(30, abs=0.01)


def test_a_clock_that_had_no_time_begins_anew() -> None:
    estimate = DriftEstimate()
    estimate.add(reading(timedelta(), ppm=30))
    never = ClockReading(0, None, START + HOUR, 0.002)
    estimate.was_set(ClockSet(never, to=START + HOUR))

    assert estimate.pairs == ()
    estimate.add(never)
    assert estimate.pairs == ()


def test_the_true_time_of_an_event_is_found_from_the_rtc() -> None:
    estimate = DriftEstimate()
    for hour in (0, 24):
        estimate.add(reading(hour * HOUR, ppm=100, ahead=timedelta(seconds=5)))
    drift = estimate.drift()
    later = reading(72 * HOUR, ppm=100, ahead=timedelta(seconds=5))

    assert drift is not None and later.rtc is not None
    assert abs(drift.true_time(later.rtc) - later.host) < timedelta(milliseconds=1)


def test_the_pairs_kept_are_few_and_span_all_the_time() -> None:
    estimate = DriftEstimate()
    for hour in range(500):
        estimate.add(reading(hour * HOUR, ppm=3))

    assert len(estimate.pairs) == MOST_PAIRS
    assert estimate.pairs[0].host == START
    assert estimate.pairs[-1].host == START + 499 * HOUR
    assert DriftEstimate(estimate.pairs).drift() == estimate.drift()


def test_the_drift_of_a_real_link_is_found() -> None:
    # Fast enough for two readings in one test: a clock that gains a tenth.
    with linked(speed=1.0, drift_ppm=100_000) as (_, controller):
        estimate = DriftEstimate()
        estimate.was_set(controller.set_clock())
        first = controller.clock()
        estimate.add(first)
        last = controller.clock()
        while last.host < first.host + timedelta(seconds=0.5):
            last = controller.clock()
        estimate.add(last)
    drift = estimate.drift()

    assert drift is not None
    assert abs(drift.ppm - 100_000) < 5 * drift.error_ppm
