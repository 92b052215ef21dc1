"""How far the station's clock can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.records import ClockQuality

NTP_MARK = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes this file when the clock was set over the network since boot."""
RTC_DEVICE = Path("/dev/rtc0")
DATE_SLACK = timedelta(hours=1)
"""A certificate lasts for weeks at least: a system's clock this near to the time is good enough."""
OLDEST = datetime(2024, 1, 1, tzinfo=UTC)
"""A clock that shows an earlier time was never set, whatever it says: an RTC whose battery is empty
begins anew in 1970 or 2000, and is there all the same."""


@dataclass(frozen=True, slots=True)
class ClockState:
    """How good the time is, and how far it lies ahead of the system's clock."""

    quality: ClockQuality
    offset: timedelta = timedelta(0)

    @property
    def is_told(self) -> bool:
        """Whether network or satellites have told the time since the machine came up."""
        return self.quality in (ClockQuality.GPS, ClockQuality.NTP)

    @property
    def dates_hold(self) -> bool:
        """Whether the system's own clock shows the date that was told: TLS knows no other."""
        return self.is_told and abs(self.offset) < DATE_SLACK

    def now(self) -> datetime:
        """The time, UTC."""
        return datetime.now(UTC) + self.offset


def clock_quality(
    ntp_mark: Path = NTP_MARK,
    rtc_device: Path = RTC_DEVICE,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ClockQuality:
    """NTP when it was heard since boot, else RTC where there is one, else UNSET; UNSET in any case
    before OLDEST."""
    if now() < OLDEST:
        return ClockQuality.UNSET
    if ntp_mark.exists():
        return ClockQuality.NTP
    return ClockQuality.RTC if rtc_device.exists() else ClockQuality.UNSET


def system_clock() -> ClockState:
    """The system's own clock, as good as it is."""
    return ClockState(clock_quality())
