"""When the sun comes and what it brings, learnt from the hours and days in which it did.

Days are UTC's; nothing here asks where the station stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

HOURS = 24
HOUR_S = 3600.0
UNKNOWN_NIGHT_S = 16 * HOUR_S
"""Until a day is known: a midwinter night at 45 degrees, dawn and dusk included."""
LATELY_DAYS = 3
"""So many days make up what is expected of the next: after as many under snow it is nothing."""
_STALE_DAYS = 7
_LEAST_SEEN_S = 12 * HOUR_S
"""Of a day that counts; of shorter ones too little is known."""
_MEMORY_DAYS = 7
"""The histogram of the hours forgets as slowly."""
_LAST_DAY = datetime.max.toordinal() - 1
_LIT_SHARE = 0.5
"""Of the sunniest hour: an hour that charges less often counts as night."""


@dataclass(frozen=True, slots=True)
class Day:
    """What one day brought. ``ordinal`` as of ``date.toordinal``; ``lit_s`` by hour.

    ``harvest_j`` is a balance, and may be below 0 as long as the day lasts.
    """

    ordinal: int
    harvest_j: float = 0.0
    seen_s: float = 0.0
    lit_s: tuple[float, ...] = (0.0,) * HOURS


@dataclass(frozen=True, slots=True)
class Sun:
    """All that was learnt: the present day, the last whole ones, and how often each hour charges.

    ``hours`` are shares, 0 to 1, over ``known_days`` days with sun.
    """

    today: Day | None = None
    whole: tuple[Day, ...] = ()
    hours: tuple[float, ...] = field(default=(0.0,) * HOURS)
    known_days: int = 0

    def seen(self, utc: datetime, lasted_s: float, lit: bool, harvest_j: float) -> Sun:
        """What it is after ``lasted_s`` until ``utc`` in which the sun charged, or did not."""
        learnt = self._begun(utc.toordinal())
        day = learnt.today
        assert day is not None
        hours = list(day.lit_s)
        if lit:
            hours[utc.hour] = min(HOUR_S, hours[utc.hour] + lasted_s)
        today = Day(day.ordinal, day.harvest_j + harvest_j, day.seen_s + lasted_s, tuple(hours))
        return replace(learnt, today=today)

    def harvest_j(self, utc: datetime) -> float:
        """What a day is expected to bring: the mean of the last whole ones, or of those and the
        present one, once that lifts the mean. Nothing where no day is known."""
        now = self._begun(utc.toordinal())
        assert now.today is not None
        oldest = now.today.ordinal - _STALE_DAYS
        whole = [day.harvest_j for day in now.whole if day.ordinal >= oldest]
        with_today = [*whole[1 - LATELY_DAYS :], now.today.harvest_j]
        return max(0.0, _mean(whole), _mean(with_today))

    def until_sun_s(self, utc: datetime) -> float:
        """How long the station must live on its battery alone: what is left of the night, and by
        day all of the next night, whose energy must be in the battery at dusk."""
        now = self._begun(utc.toordinal())
        if not now.known_days:
            return UNKNOWN_NIGHT_S
        lit = [share >= _LIT_SHARE * max(now.hours) for share in now.hours]
        begins, length = _longest_dark(lit)
        into = (utc.hour - begins) % HOURS
        if into >= length:
            return length * HOUR_S
        past_s = into * HOUR_S + utc.minute * 60 + utc.second
        return max(0.0, length * HOUR_S - past_s)

    def _begun(self, ordinal: int) -> Sun:
        """With the day ``ordinal`` as the present one."""
        today = self.today
        if today is not None and today.ordinal == ordinal:
            return self
        learnt = self
        if today is not None and today.ordinal < ordinal and today.seen_s >= _LEAST_SEEN_S:
            learnt = self._with_whole(today)
        # A day after today is of a clock that was wrong: it is forgotten.
        return replace(
            learnt,
            today=Day(ordinal),
            whole=tuple(day for day in learnt.whole if day.ordinal < ordinal),
        )

    def _with_whole(self, day: Day) -> Sun:
        day = replace(day, harvest_j=max(0.0, day.harvest_j))
        learnt = replace(self, whole=(*self.whole, day)[-LATELY_DAYS:])
        if not any(day.lit_s):
            return learnt  # snow on the panel does not move the sun
        known = min(self.known_days + 1, _MEMORY_DAYS)
        hours = tuple(
            share + (lit_s / HOUR_S - share) / known
            for share, lit_s in zip(self.hours, day.lit_s, strict=True)
        )
        return replace(learnt, hours=hours, known_days=known)

    def to_plain(self) -> dict[str, Any]:
        """As lists and numbers, for JSON."""
        return {
            "today": None if self.today is None else _day_to_plain(self.today),
            "whole": [_day_to_plain(day) for day in self.whole],
            "hours": [round(share, 4) for share in self.hours],
            "known_days": self.known_days,
        }

    @classmethod
    def from_plain(cls, plain: Any) -> Self:
        """What ``to_plain`` gave. Raises ValueError, TypeError, KeyError for anything else."""
        today = plain["today"]
        hours = tuple(_number(share, 1.0) for share in plain["hours"])
        known_days = int(_number(plain["known_days"], _MEMORY_DAYS))
        if len(hours) != HOURS or (known_days and not max(hours)):
            raise ValueError("not the hours of a day")
        return cls(
            None if today is None else _day_from_plain(today),
            tuple(_day_from_plain(day) for day in plain["whole"][-LATELY_DAYS:]),
            hours,
            known_days,
        )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _longest_dark(lit: list[bool]) -> tuple[int, int]:
    """The hour at which the longest stretch without sun begins, and its hours."""
    best = (0, 0)
    for begins in range(HOURS):
        length = 0
        while length < HOURS and not lit[(begins + length) % HOURS]:
            length += 1
        if length > best[1]:
            best = (begins, length)
    return best


def _day_to_plain(day: Day) -> list[Any]:
    lit_s = [round(seconds) for seconds in day.lit_s]
    return [day.ordinal, round(day.harvest_j, 1), round(day.seen_s), lit_s]


def _day_from_plain(plain: Any) -> Day:
    ordinal, harvest_j, seen_s, lit_s = plain
    hours = tuple(_number(seconds, HOUR_S) for seconds in lit_s)
    if len(hours) != HOURS:
        raise ValueError("not the hours of a day")
    return Day(
        int(_number(ordinal, _LAST_DAY)),
        _number(harvest_j, 1e12, least=-1e12),
        _number(seen_s, 1e6),
        hours,
    )


def _number(value: Any, most: float, least: float = 0.0) -> float:
    number = float(value)
    if not least <= number <= most:  # also where it is no number
        raise ValueError(f"{value!r} is not within {least} and {most}")
    return number
