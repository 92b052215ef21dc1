"""The time as it was heard: from satellites, or from a cell. It is taken over, and the system's
clock left alone.

The daemon may not set the machine's clock, and need not: within one run seconds are counted by a
clock that nobody sets, so what was heard once is known until the power goes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

from edge.health.clock import ClockState
from edge.records import ClockQuality
from edge.wire.air.moment import Anchor, Uptime
from firmware_bridge.gnss import WEEKS_ANEW

MADE = datetime(2026, 1, 1, tzinfo=UTC)
"""This software was not there before: a receiver that tells an earlier date is wrong. Set with a
release, never later than its day."""
HOLD_S = 4 * 3600.0
"""So long satellites are believed to two seconds after they were heard: a board's oscillator, 100
parts in a million off at worst, is 1.4 s wrong by then. After that it is as good as a board's own
clock: to ten minutes, for more than two months."""


@dataclass(frozen=True, slots=True)
class _Heard:
    at: datetime
    heard_s: float


class HeardClock:
    """What receivers told. Safe to share between threads.

    ``now`` is a clock in s that nobody sets, and that counts while the machine sleeps.
    """

    def __init__(
        self, now: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME)
    ) -> None:
        self._now = now
        self._lock = Lock()
        self._satellites: _Heard | None = None
        self._cell: _Heard | None = None

    def satellites(self, at: datetime, heard_s: float) -> None:
        """It was ``at`` at ``heard_s``, by GPS or another of its kind."""
        with self._lock:
            self._satellites = _Heard(at, heard_s)

    def cell(self, at: datetime) -> None:
        """It is ``at`` now, as a cellular network tells its phones (NITZ). That is right to minutes
        only, and anybody with a transmitter may be a cell: it counts where nothing else is known,
        and as a board's clock does. A date that cannot be is that of a modem which was told none.
        """
        if MADE <= at < MADE + WEEKS_ANEW:
            with self._lock:
                self._cell = _Heard(at, self._now())

    def recall(self, now: Uptime, anchors: Iterable[Anchor]) -> None:
        """What a process before this one heard of satellites in the same run of the machine."""
        known = [
            one
            for one in anchors
            if one.uptime.boot == now.boot
            and one.clock is ClockQuality.GPS
            and one.uptime.seconds <= now.seconds
        ]
        if known and self._satellites is None:
            last = max(known, key=lambda one: one.uptime.seconds)
            self.satellites(last.at, self._now() - (now.seconds - last.uptime.seconds))

    def over(self, board: ClockState) -> ClockState:
        """The best time there is, where ``board`` knows as much: satellites, then the network, then
        a board's own clock; and those heard before, where that has none."""
        with self._lock:
            satellites, cell = self._satellites, self._cell
        now_s = self._now()
        if satellites is not None and now_s - satellites.heard_s <= HOLD_S:
            return _state(satellites, now_s, ClockQuality.GPS)
        if board.quality in (ClockQuality.GPS, ClockQuality.NTP):
            return board
        if satellites is not None:
            return _state(satellites, now_s, ClockQuality.RTC)
        if board.quality is ClockQuality.UNSET and cell is not None:
            return _state(cell, now_s, ClockQuality.RTC)
        return board


def _state(heard: _Heard, now_s: float, quality: ClockQuality) -> ClockState:
    at = heard.at + timedelta(seconds=now_s - heard.heard_s)
    return ClockState(quality, at - datetime.now(UTC))
