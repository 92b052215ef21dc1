"""Effort by day, as a biologist tabulates it. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from edge.health.effort import Effort, Interval
from edge.health.effort_lines import ARMED

DAY_MS = 86_400_000


@dataclass(slots=True)
class Day:
    """One day (UTC) of effort; ``date`` is None for runs whose clock was never set.

    ``blind`` and ``off`` give seconds by reason: the machine ran, or it did not. Of them
    ``unsure_s`` may have been armed. Counts of an interval stand on the day on which it began,
    intervals last an hour at most.
    """

    date: date | None
    armed_s: int = 0
    blind: dict[str, int] = field(default_factory=dict)
    off: dict[str, int] = field(default_factory=dict)
    unsure_s: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def wall_s(self) -> int:
        """Everything of this day that is accounted for."""
        return self.armed_s + sum(self.blind.values()) + sum(self.off.values())


def by_day(effort: Effort) -> list[Day]:
    """The days in order, those without a date last. Their seconds add up to ``effort.wall_s``, but
    for what several gaps share (``shared_s``): it belongs to no one day."""
    days: dict[date | None, Day] = {}
    for interval in effort.intervals:
        if interval.length_s is None:
            continue
        for on, part in _split(interval):
            _add(days.setdefault(on, Day(on)), part)
    return sorted(days.values(), key=lambda day: (day.date is None, day.date or date.max))


def _split(interval: Interval) -> Iterator[tuple[date | None, Interval]]:
    """The parts of ``interval`` by day. The first keeps its counts, the last what is unsure."""
    if interval.begins_ms is None or interval.length_s is None:
        yield None, interval
        return
    at_ms, rest_s, counts = interval.begins_ms, interval.length_s, interval.counts
    while rest_s:
        # Whole seconds, so that parts add up; the one that midnight cuts belongs to the old day.
        part_s = min(rest_s, -(-(DAY_MS - at_ms % DAY_MS) // 1000))
        rest_s -= part_s
        unsure_s = min(part_s, interval.unsure_s)
        interval = replace(interval, unsure_s=interval.unsure_s - unsure_s)
        yield (
            datetime.fromtimestamp(at_ms // 1000, UTC).date(),
            replace(interval, length_s=part_s, counts=counts, unsure_s=unsure_s),
        )
        at_ms, counts = at_ms + 1000 * part_s, {}


def _add(day: Day, part: Interval) -> None:
    length_s = part.length_s or 0
    if part.state == ARMED and not part.off:
        day.armed_s += length_s
    else:
        _count(day.off if part.off else day.blind, {part.state: length_s})
    day.unsure_s += part.unsure_s
    _count(day.counts, part.counts)


def _count(sums: dict[str, int], more: Mapping[str, int]) -> None:
    for name, value in more.items():
        sums[name] = sums.get(name, 0) + value
