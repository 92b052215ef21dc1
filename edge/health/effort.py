"""Effort: how long a station really watched, and how long it did not and why. Pure functions.

A biologist divides by it, so it adds up: ``armed_s`` and every gap together are the time between
the first and the last record, by construction. Within one run of the machine all times come from a
counter that nothing sets. Between two runs nothing counts, and only their clocks tell how long the
machine was off; where no clock was set the gap is of unknown length, and is called so.

What is not certain is called blind: an interval that a power cut ended is armed until its last
durable mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from edge.health.effort_lines import (
    ARMED,
    ASLEEP,
    SLEEPS,
    UNWATCHED,
    Began,
    Ended,
    Guard,
    Line,
    Span,
)
from edge.records import ClockQuality

LOST = "record-lost"
"""Of an interval whose line a damaged card no longer holds."""
CRASH = "crash"
"""A process ended without a word, and another began in the same run of the machine."""
STOPPED = "stopped"
"""A process was told to end, and another began in the same run of the machine."""
REBOOT = "reboot"
"""A process was told to end, and the machine ended after it."""
POWER = "power"
"""The machine ended without a word."""
_BEST_FIRST = tuple(ClockQuality)


@dataclass(frozen=True, slots=True)
class Interval:
    """``state`` for ``length_s``: armed, or why not. ``off``: the machine itself was off.

    ``length_s`` is None for a time the machine was off that no clock tells; with the others of its
    kind around it, it is ``shared_s`` long, where that is known. ``unsure_s`` is how much of a gap
    may have been armed in truth: what lies between the last mark and a sudden end. ``begins_ms`` is
    when it began (since 1970), None in a run whose clock was never set. ``counts`` are what was
    counted within it.
    """

    state: str
    run: int
    length_s: int | None
    begins_ms: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    unsure_s: int = 0
    off: bool = False
    shared_s: int | None = None


@dataclass(frozen=True, slots=True)
class Effort:
    """All intervals, in order, and what they add up to. Durations in whole seconds.

    ``off_s`` is how long the machine was off between its runs, as far as clocks tell it;
    ``unknown_gaps`` are those it does not hold.
    """

    intervals: tuple[Interval, ...] = ()
    off_s: int = 0
    unknown_gaps: int = 0

    @property
    def armed_s(self) -> int:
        return self.seconds().get(ARMED, 0)

    @property
    def blind_s(self) -> int:
        """Not armed though the machine ran."""
        return sum(s for state, s in self.seconds().items() if state != ARMED)

    @property
    def asleep_s(self) -> int:
        """Of ``off_s``, for how long a controller's motion sensor watched, and would have woken the
        station."""
        return sum(one.length_s or 0 for one in self.intervals if one.state == ASLEEP and one.off)

    @property
    def wall_s(self) -> int:
        """From the first record to the last, without the gaps of unknown length."""
        return self.armed_s + self.blind_s + self.off_s

    def seconds(self) -> dict[str, int]:
        """Sums by state, without the times the machine was off."""
        sums: dict[str, int] = {}
        for one in self.intervals:
            if one.length_s is not None and not one.off:
                sums[one.state] = sums.get(one.state, 0) + one.length_s
        return sums

    def counts(self) -> dict[str, int]:
        """What was counted in all."""
        sums: dict[str, int] = {}
        for one in self.intervals:
            for name, value in one.counts.items():
                sums[name] = sums.get(name, 0) + value
        return sums


def account(lines: Iterable[Line], mark_s: int = 0) -> Effort:
    """What ``lines``, in the order they were written, say. ``mark_s`` is how far two marks lie
    apart."""
    runs = _runs(lines, mark_s)
    gaps = _gaps(runs, mark_s)
    intervals: list[Interval] = []
    for run, gap in zip(runs, gaps, strict=True):
        intervals += [*([] if gap is None else [gap]), *run.placed()]
    found = [gap for gap in gaps if gap is not None]
    known_s = sum(gap.length_s or 0 for gap in found)
    shared_s = sum({gap.begins_ms: gap.shared_s or 0 for gap in found}.values())
    unknown = sum(gap.length_s is None and gap.shared_s is None for gap in found)
    return Effort(tuple(intervals), known_s + shared_s, unknown)


class _Run:
    """One run of the machine, as far as it was recorded: one process or several."""

    def __init__(self, began: Began) -> None:
        self.boot, self.number, self.cause = began.boot, began.run, began.cause
        self.from_s = self.at_s = began.at.at_s
        self.ended: str | None = None
        self.guards: list[Guard] = []
        self._lent_ms: int | None = None
        self._stamps = [began.at]
        self._intervals: list[tuple[int, Interval]] = []

    def goes_on(self, began: Began, mark_s: int) -> None:
        """Another process of the same run."""
        # Its power was to go, and did not: who watched then is not known.
        told = UNWATCHED if self.ended == ASLEEP else self.ended
        cause = began.cause or told or CRASH
        self._pass(cause, began.at.at_s, {}, mark_s if self.ended is None else 0)
        self._stamps.append(began.at)
        self.ended = None

    def was(self, span: Span, counts: Mapping[str, int]) -> bool:
        """Whether it was new: a mark may lag behind a line, and a line may be written twice."""
        if span.from_s < self.at_s or span.to.at_s <= span.from_s:
            return False
        self._pass(LOST, span.from_s, {})
        self._pass(span.state, span.to.at_s, counts)
        self._stamps.append(span.to)
        return True

    def end(self, ended: Ended) -> None:
        self._pass(LOST, ended.at.at_s, {})
        self._stamps.append(ended.at)
        self.ended = ended.why

    def guarded(self, guard: Guard) -> None:
        self.guards.append(guard)
        self._stamps.append(guard.at)

    def lend(self, at_s: int, utc_ms: int) -> None:
        """At ``at_s`` it was ``utc_ms``, which its own clock may not know."""
        self._lent_ms = utc_ms - 1000 * at_s

    def slept_s(self, last: _Run) -> int | None:
        """For how long the machine was off since ``last``, by a controller that ran on
        throughout; None where none did, or nobody knows."""
        if last.ended not in SLEEPS or not last.guards or not self.guards:
            return None
        before, after = last.guards[-1], self.guards[0]
        if before.boot != after.boot:
            return None
        between_s = (after.uptime_ms - before.uptime_ms) % 2**32 / 1000
        awake_s = last.at_s - before.at.at_s + after.at.at_s - self.from_s
        return max(0, round(between_s - awake_s))

    @property
    def offset_ms(self) -> int | None:
        """UTC of the moment the machine was switched on, by the last stamp of the best clock; in a
        run without one, by that of another, where a controller counted the seconds between."""
        best = min((stamp.clock for stamp in self._stamps), key=_BEST_FIRST.index)
        if best is ClockQuality.UNSET:
            return self._lent_ms
        last = [stamp for stamp in self._stamps if stamp.clock is best][-1]
        return last.utc_ms - 1000 * last.at_s

    def utc_ms(self, at_s: int) -> int | None:
        return None if self.offset_ms is None else self.offset_ms + 1000 * at_s

    def placed(self) -> Iterator[Interval]:
        offset_ms = self.offset_ms
        for at_s, one in self._intervals:
            begins_ms = None if offset_ms is None else offset_ms + 1000 * at_s
            yield replace(one, begins_ms=begins_ms)

    def _pass(self, state: str, to_s: int, counts: Mapping[str, int], unsure_s: int = 0) -> None:
        length_s = to_s - self.at_s
        if length_s > 0:
            unsure_s = min(unsure_s, length_s)
            one = Interval(state, self.number, length_s, None, dict(counts), unsure_s)
            self._intervals.append((self.at_s, one))
            self.at_s = to_s


def _runs(lines: Iterable[Line], mark_s: int) -> list[_Run]:
    runs: list[_Run] = []
    totals: dict[str, int] = {}
    for line in lines:
        if isinstance(line, Began):
            # By the kernel's id: the count of runs begins anew with a database that was lost.
            if runs and runs[-1].boot == line.boot and line.at.at_s >= runs[-1].at_s:
                runs[-1].goes_on(line, mark_s)
            else:
                runs.append(_Run(line))
        elif runs and isinstance(line, Span):
            if runs[-1].was(line, _since(totals, line.totals)):
                totals.update(line.totals)
        elif runs and isinstance(line, Ended):
            runs[-1].end(line)
        elif runs and isinstance(line, Guard):
            runs[-1].guarded(line)
    return runs


def _since(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    """What came on top; a count that fell began anew."""
    grown = {n: v - before.get(n, 0) if v >= before.get(n, 0) else v for n, v in now.items()}
    return {name: value for name, value in grown.items() if value}


def _gaps(runs: Sequence[_Run], mark_s: int) -> list[Interval | None]:
    """Of each run, the time before it that the machine was off; of the first, None. Where the
    clocks of two runs tell how long that was, they count before a controller's counter."""
    _lend(runs)
    gaps: list[Interval | None] = [None] * min(1, len(runs))
    for last, run in pairwise(runs):
        told = REBOOT if last.ended == STOPPED else last.ended or POWER
        unsure_s = 0 if last.ended else mark_s
        length_s = None
        if told in SLEEPS:
            length_s = run.slept_s(last)
        if told == ASLEEP and length_s is None:
            told = UNWATCHED
        state = told if told in SLEEPS else run.cause or told
        gaps.append(Interval(state, run.number, length_s, unsure_s=unsure_s, off=True))
    clocked = [index for index, run in enumerate(runs) if run.offset_ms is not None]
    for one, other in pairwise(clocked):
        between = runs[one + 1 : other]
        begins_ms = runs[one].utc_ms(runs[one].at_s)
        ends_ms = runs[other].utc_ms(runs[other].from_s)
        assert begins_ms is not None and ends_ms is not None
        length_s = (ends_ms - begins_ms + 500) // 1000 - sum(
            run.at_s - run.from_s for run in between
        )
        here = [(index, gap) for index in range(one + 1, other + 1) if (gap := gaps[index])]
        if between:
            # What a controller counted among them is no longer shared by the others.
            length_s -= sum(gap.length_s or 0 for _, gap in here)
            here = [(index, gap) for index, gap in here if gap.length_s is None]
        if length_s < 0:
            continue  # the clocks contradict each other
        for index, gap in here:
            gap = replace(gap, begins_ms=begins_ms, unsure_s=min(gap.unsure_s, length_s))
            if between:
                gaps[index] = replace(gap, shared_s=length_s)
            else:
                gaps[index] = replace(gap, length_s=length_s)
    return gaps


def _lend(runs: Sequence[_Run]) -> None:
    """Give runs without a clock the time of those before or after them, over watched sleeps."""
    pairs = [(last, run, run.slept_s(last)) for last, run in pairwise(runs)]
    for last, run, slept_s in pairs:
        ended_ms = last.utc_ms(last.at_s)
        if run.offset_ms is None and ended_ms is not None and slept_s is not None:
            run.lend(run.from_s, ended_ms + 1000 * slept_s)
    for last, run, slept_s in reversed(pairs):
        began_ms = run.utc_ms(run.from_s)
        if last.offset_ms is None and began_ms is not None and slept_s is not None:
            last.lend(last.at_s, began_ms - 1000 * slept_s)
