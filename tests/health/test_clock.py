"""How far the clock can be trusted."""

from __future__ import annotations

from edge.health.clock import clock_quality
from edge.records import ClockQuality


def test_a_clock_set_over_the_network_since_boot_counts_most(tmp_path):
    mark, device = tmp_path / "synchronized", tmp_path / "rtc0"
    mark.touch()
    device.touch()
    assert clock_quality(mark, device) is ClockQuality.NTP


def test_else_a_clock_with_a_battery_counts(tmp_path):
    device = tmp_path / "rtc0"
    device.touch()
    assert clock_quality(tmp_path / "absent", device) is ClockQuality.RTC


def test_else_nobody_knows(tmp_path):
    assert clock_quality(tmp_path / "absent", tmp_path / "absent") is ClockQuality.UNSET
