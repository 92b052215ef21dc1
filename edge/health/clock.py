"""How far the station's clock can be trusted."""

from __future__ import annotations

from pathlib import Path

from edge.records import ClockQuality

NTP_MARK = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes this file when the clock was set over the network since boot."""
RTC_DEVICE = Path("/dev/rtc0")


def clock_quality(ntp_mark: Path = NTP_MARK, rtc_device: Path = RTC_DEVICE) -> ClockQuality:
    """NTP when it was heard since boot, else RTC where there is one, else UNSET."""
    if ntp_mark.exists():
        return ClockQuality.NTP
    return ClockQuality.RTC if rtc_device.exists() else ClockQuality.UNSET
