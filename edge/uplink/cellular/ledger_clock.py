"""Which day it is for a budget, by a clock that may be wrong, be set, or run from nothing.

A budget that begins anew at midnight must not begin anew because a clock was set. So beside the
time of day runs the time that has surely passed: on one run of the machine what its monotonic clock
says, from one run to the next what lies between two good clocks. A new day needs both: another
date, and most of a day that has passed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, Self

from edge.records import ClockQuality

DAY_S = 22 * 3600.0
"""The shortest day: a clock that goes wrong by two hours a day is none."""
MONTH_S = 27 * 86400.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is known of the time: ``wall_s`` since 1970 in UTC and where it comes from,
    ``running_s`` on a clock that nobody sets, ``boot`` that names the run of that clock."""

    wall_s: float
    clock: ClockQuality
    running_s: float
    boot: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """What ``dataclasses.asdict`` made of one. Raises KeyError, TypeError, ValueError."""
        return cls(
            float(value["wall_s"]),
            ClockQuality(value["clock"]),
            float(value["running_s"]),
            str(value["boot"]),
        )


ReadClock = Callable[[], Reading]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The time to go by: ``at_s`` of the day's clock, ``lived_s`` that has surely passed, and the
    ``lived_s`` at which the present day and month began; ``days`` and ``months`` number them."""

    reading: Reading
    at_s: float
    lived_s: float = 0.0
    day_began_s: float = 0.0
    month_began_s: float = 0.0
    days: int = 0
    months: int = 0

    @classmethod
    def new(cls, now: Reading) -> Self:
        """The first day and month, which began before ``now`` as far as its clock can tell."""
        made = cls(now, now.wall_s)
        return made if now.clock is ClockQuality.UNSET else made._anchored()

    def advanced(self, now: Reading) -> Self:
        """The calendar at ``now``, which may have a new day and a new month."""
        lived_s = passed_s(self.reading, now)
        # Without a clock it goes on from the last time that is known: its days must end, too.
        unset = now.clock is ClockQuality.UNSET
        at_s = self.at_s + lived_s if unset else now.wall_s
        then = replace(self, reading=now, at_s=at_s, lived_s=self.lived_s + lived_s)
        if self.reading.clock is ClockQuality.UNSET and not unset:
            # Only now it is known when the day began in which all this happened.
            return then._anchored()
        return then._begun_anew(self._utc)

    @property
    def day_left_s(self) -> float:
        """Until the next day begins, if the clock goes on as it is."""
        return self._until_s(self._midnight + timedelta(days=1), self.day_began_s + DAY_S)

    @property
    def month_left_s(self) -> float:
        """Until the next month begins, if the clock goes on as it is."""
        next_month = (self._midnight.replace(day=28) + timedelta(days=4)).replace(day=1)
        return self._until_s(next_month, self.month_began_s + MONTH_S)

    def _until_s(self, then: datetime, not_before_lived_s: float) -> float:
        """Where the present one was too short by then, a day later."""
        left_s = (then - self._utc).total_seconds()
        while self.lived_s + left_s < not_before_lived_s:
            left_s += 86400.0
        return left_s

    def _begun_anew(self, before: datetime) -> Self:
        day_s, month_s = self._beginnings_s()
        changed = self
        if self._utc.date() != before.date() and day_s - self.day_began_s >= DAY_S:
            changed = replace(changed, day_began_s=day_s, days=self.days + 1)
        other_month = (self._utc.year, self._utc.month) != (before.year, before.month)
        if other_month and month_s - self.month_began_s >= MONTH_S:
            changed = replace(changed, month_began_s=month_s, months=self.months + 1)
        return changed

    def _anchored(self) -> Self:
        day_s, month_s = self._beginnings_s()
        return replace(self, day_began_s=day_s, month_began_s=month_s)

    def _beginnings_s(self) -> tuple[float, float]:
        """At which ``lived_s`` the clock's day and its month began."""
        midnight = self._midnight
        day_s = self.lived_s - (self._utc - midnight).total_seconds()
        return day_s, day_s - (midnight.day - 1) * 86400.0

    @property
    def _midnight(self) -> datetime:
        return self._utc.replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def _utc(self) -> datetime:
        return datetime.fromtimestamp(self.at_s, UTC)


def passed_s(before: Reading, now: Reading) -> float:
    """Seconds that have surely passed between two readings."""
    if now.boot == before.boot:
        return max(0.0, now.running_s - before.running_s)
    if ClockQuality.UNSET in (before.clock, now.clock):
        return 0.0
    return max(0.0, now.wall_s - before.wall_s)


class Told(Protocol):
    """A time, and how good it is: it may be better than the one that the system's clock shows."""

    @property
    def quality(self) -> ClockQuality: ...

    def now(self) -> datetime: ...


def machine_reading(clock: Callable[[], Told]) -> ReadClock:
    """Reads the time that ``clock`` tells, and the machine's clock that nobody sets, which also
    counts while it sleeps."""

    def read() -> Reading:
        told = clock()
        running_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        return Reading(told.now().timestamp(), told.quality, running_s, _boot_id())

    return read


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
