"""How far the station's clock can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.records import ClockQuality

NTP_MARK = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes this file when the clock was set over the network since boot."""
RTC_DEVICE = Path("/dev/rtc0")


@dataclass(frozen=True, slots=True)
class ClockState:
    """How good the time is, and how far it lies ahead of the system's clock."""

    quality: ClockQuality
    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        """The time, UTC."""
        return datetime.now(UTC) + self.offset


def clock_quality(ntp_mark: Path = NTP_MARK, rtc_device: Path = RTC_DEVICE) -> ClockQuality:
    """NTP when it was heard since boot, else RTC where there is one, else UNSET."""
    if ntp_mark.exists():
        return ClockQuality.NTP
    return ClockQuality.RTC if rtc_device.exists() else ClockQuality.UNSET


def system_clock() -> ClockState:
    """The system's own clock, as good as it is."""
    return ClockState(clock_quality())
