"""Bursts by the clock: a time lapse, given times of day.

Nothing depends on the clock being right: after a step in either direction the schedule goes on
from where the clock now is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Protocol

from edge.capture.trigger.firing import Cause, Firing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATE = timedelta(minutes=1)
"""Found due by more than this, it is the clock that has leapt."""


class Schedule(Protocol):
    """When to take bursts; ``sun`` has one that goes by the sun."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after ``moment``, both UTC; None where there is none in a year."""


@dataclass(frozen=True, slots=True)
class Every:
    """A time lapse: at all whole multiples of ``interval`` since 1970, so that stations that know
    the time agree. Raises ValueError for an interval below 1 s."""

    interval: timedelta

    def __post_init__(self) -> None:
        if self.interval < timedelta(seconds=1):
            raise ValueError("interval must be 1 s or more")

    def next_after(self, moment: datetime) -> datetime | None:
        try:
            return _EPOCH + ((moment - _EPOCH) // self.interval + 1) * self.interval
        except OverflowError:  # a clock in the year 9999
            return None


@dataclass(frozen=True, slots=True)
class Daily:
    """At these times of each day, UTC. Raises ValueError without any."""

    times: tuple[time_of_day, ...]

    def __post_init__(self) -> None:
        if not self.times:
            raise ValueError("times must not be empty")

    def next_after(self, moment: datetime) -> datetime | None:
        try:
            days = (moment.date(), moment.date() + timedelta(days=1))
        except OverflowError:
            return None
        due = (datetime.combine(day, one, UTC) for day in days for one in self.times)
        return min((one for one in due if one > moment), default=None)


class ScheduleTrigger:
    """Fires when ``schedule`` says so, by the clock ``utc``, which is looked at every ``look_s``
    at least: it may have been set."""

    def __init__(
        self,
        schedule: Schedule,
        utc: Callable[[], datetime],
        name: str = "schedule",
        look_s: float = 10.0,
    ) -> None:
        self._schedule, self._utc, self._name, self._look_s = schedule, utc, name, look_s
        self._looked: datetime | None = None
        self._due: datetime | None = None
        self._closed = threading.Event()

    @property
    def lost(self) -> int:
        return 0

    def arm(self) -> None:
        self._closed.clear()
        self._set(self._utc())

    def wait(self, timeout_s: float) -> Firing | None:
        until_s = time.monotonic() + timeout_s
        while True:
            now = self._utc()
            if self._is_due(now):
                return Firing(Cause.SCHEDULE, self._name, time.monotonic())
            left_s = until_s - time.monotonic()
            if left_s <= 0 or self._closed.wait(min(left_s, self._pause_s(now))):
                return None

    def close(self) -> None:
        """Also ends a wait."""
        self._looked = self._due = None
        self._closed.set()

    def _is_due(self, now: datetime) -> bool:
        looked, due = self._looked, self._due
        if looked is None or now < looked:  # not armed; set back
            self._set(now if looked is not None else None)
            return False
        self._looked = now
        if due is None or now < due:
            return False
        self._set(now)
        return now - due <= _LATE

    def _set(self, now: datetime | None) -> None:
        self._looked = now
        self._due = None if now is None else self._schedule.next_after(now)

    def _pause_s(self, now: datetime) -> float:
        if self._due is None:
            return self._look_s
        return min(self._look_s, max(0.0, (self._due - now).total_seconds()))
