"""What the pictures of one burst are timed by: one clock, looked at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge.capture.trigger.firing import Firing
from edge.records import ClockQuality

_RANKS = (ClockQuality.GPS, ClockQuality.NTP, ClockQuality.RTC, ClockQuality.UNSET)

Clock = Callable[[], tuple[datetime, ClockQuality]]
"""The time now, UTC, and how good it is."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """``utc`` was when ``time.monotonic`` said ``monotonic_s``; ``clock`` is who says so.

    All moments of a burst go by one anchor, so that a clock that is set in the middle of it puts
    no picture before an earlier one.
    """

    utc: datetime
    monotonic_s: float
    clock: ClockQuality

    def at(self, monotonic_s: float) -> datetime:
        """The time of that instant, UTC; the nearest that a calendar has, for a wild clock."""
        try:
            return self.utc + timedelta(seconds=monotonic_s - self.monotonic_s)
        except OverflowError:
            return self.utc


def anchor_of(firing: Firing, clock: Clock, now_s: float) -> Anchor:
    """By the better of the station's clock and the one that saw ``firing``, such as a controller's.

    ``now_s`` is of ``time.monotonic``, now.
    """
    utc, quality = clock()
    if firing.at is not None and _RANKS.index(firing.clock) < _RANKS.index(quality):
        return Anchor(firing.at.astimezone(UTC), firing.at_s, firing.clock)
    return Anchor(utc, now_s, quality)
