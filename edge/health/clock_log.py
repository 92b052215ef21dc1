"""What became of the station's clock: each time it was set, found right, or found wrong.

Nothing waits for the clock to be right. What happened is known by run and uptime, and this log says
afterwards when that was (``clock_bounds``).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from edge.health.clock import OLDEST, ClockState, system_clock
from edge.health.clock_bounds import Bounds, NotBefore, bounds
from edge.health.runs import Memory, boot_id
from edge.listener import Listener
from edge.records import RUN_BYTES, ClockQuality, SinceBoot
from edge.spool.errors import SpoolFull
from edge.times import from_epoch_ms, to_epoch_ms
from edge.wire.air.moment import UPTIME_BITS, Anchor, Uptime

RUN, AGE = "clock_run", "clock_uptime_s"
"""Counters of a heartbeat: the run of the machine, and for how many seconds it lasts."""
JUMP_S = 3600.0
"""By so much a clock that was held to be right is not set, but was wrong; or is now. (A board's
clock without the network is off by minutes.)"""
STEP_S = 2.0
"""A clock that is off by more than it was has been set; less is the network's trimming."""
LOOK_S = 5.0
SLACK_S = LOOK_S + STEP_S
"""How late a look may find that the clock was set."""
SAVE_S = 3600.0
"""How often it is written that the clock goes on as it did: 4 kB an hour at most."""
MOST_WORDS = 8
"""Of basecamp's, the last; each tells more than the one before it."""
MOST = 96
"""Entries kept, but for those of the run that goes on. Of older ones the first and the last of
each run stay longest."""
MOST_HERE = 384
"""Of the run that goes on each step is needed, for what was captured by a clock that was not set is
found by all that was set since (``uptime_of``). A clock that is set 384 times without the power
going is broken."""


@dataclass(frozen=True, slots=True)
class ClockStep:
    """At ``uptime`` the clock, which would have said ``before``, said ``after``, as good as
    ``clock``. Where it was not set, both are the same: the log looked at it."""

    uptime: Uptime
    before: datetime
    after: datetime
    clock: ClockQuality

    @property
    def is_step(self) -> bool:
        """Whether it was set, and not only looked at."""
        return abs((self.after - self.before).total_seconds()) > STEP_S

    @property
    def is_jump(self) -> bool:
        """Whether it was set by more than any clock is off that goes."""
        return abs((self.after - self.before).total_seconds()) > JUMP_S


class ClockLog:
    """A stage that looks at the clock every few seconds. ``memory`` survives a reboot; ``uptime``
    is the present run and its age; ``clock`` what is to be watched; ``now`` seconds on a clock that
    nobody sets and that counts while the machine sleeps; ``words``, too, survive a reboot, and hold
    what basecamp said. ``on_jump`` hears of a clock that was set by more than JUMP_S though it was
    held to be right: not of the first time that one is set which was not.

    ``step`` is for one thread, the rest for any.
    """

    def __init__(
        self,
        memory: Memory,
        uptime: Callable[[], Uptime],
        listener: Listener,
        clock: Callable[[], ClockState] = system_clock,
        now: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        boot: Callable[[], bytes] = boot_id,
        words: Memory | None = None,
        on_jump: Callable[[], None] = lambda: None,
    ) -> None:
        self._boot = boot()[:RUN_BYTES]
        self._memory, self._uptime, self._listener = memory, uptime, listener
        self._clock, self._now, self._on_jump = clock, now, on_jump
        self._lock = Lock()
        self._entries = _entries(memory.load())
        self._word_memory = words
        self._words = [] if words is None else _words(words.load())
        self._last: tuple[datetime, float, ClockQuality] | None = None
        self._due_s = self._saved_s = now()

    def entries(self) -> tuple[ClockStep, ...]:
        """What is remembered, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def anchors(self) -> list[Anchor]:
        """What of it tells the time."""
        return [Anchor(one.uptime, one.after, one.clock) for one in self.entries()]

    def bounds(self, moment: Uptime) -> Bounds:
        """When ``moment`` was."""
        with self._lock:
            words = tuple(self._words)
        return bounds(moment, self.anchors(), words)

    def uptime_of(self, moment: datetime, clock: ClockQuality) -> Uptime | None:
        """The run and its age when the clock, as good as ``clock``, said ``moment``: in this run of
        the machine, however often it was set since. None where it never said so."""
        try:
            now, now_s = self._uptime(), self._now()
        except SpoolFull:
            return None  # a verdict must not be lost for that
        entries = [one for one in self.entries() if one.uptime.boot == now.boot]
        ends = [(one.uptime, one.before) for one in entries[1:]]
        if self._last is not None:
            ends.append((now, self._expected(now_s)))
        spans = list(zip(entries, ends, strict=False))
        for begin, (end, until) in reversed(spans):
            # Before the first look it had been going on, since power came as far as is known.
            since_s = begin.uptime.seconds if begin is entries[0] else 0
            since = begin.after - timedelta(seconds=since_s + SLACK_S)
            if begin.clock is clock and since <= moment <= until + timedelta(seconds=SLACK_S):
                apart_s = round((moment - begin.after).total_seconds())
                seconds = min(end.seconds, max(0, begin.uptime.seconds + apart_s))
                return Uptime(now.boot, seconds)
        return None

    def counters(self) -> dict[str, int]:
        """How often the clock was set, as far as is remembered; which run of the machine this is,
        by a number that the kernel drew, and for how long it lasts: by what is told of one run
        while the clock is right, basecamp finds the time of what was told while it was not
        (``SinceBoot``), this heartbeat among it."""
        counts = {"clock_steps": sum(one.is_step for one in self.entries())}
        with suppress(SpoolFull):
            number, seconds = int.from_bytes(self._boot, "big"), self._uptime().seconds
            counts |= {RUN: number, AGE: seconds}
        return counts

    def since_boot(self, moment: datetime, clock: ClockQuality) -> SinceBoot | None:
        """The same as a sighting tells it; None also where the clock was right."""
        if clock is not ClockQuality.UNSET:
            return None
        uptime = self.uptime_of(moment, clock)
        return None if uptime is None else SinceBoot(self._boot, uptime.seconds)

    def not_before(self, at: datetime) -> None:
        """Basecamp's word, just heard and authentic: it is ``at`` by now, or later. It holds in
        later runs, too, and is written down where it tells what nobody knew. Raises SpoolFull; the
        word counts in this process nevertheless."""
        now = self._uptime()
        with self._lock:
            known = bounds(now, (), self._words).earliest
            if known is not None and at <= known + timedelta(seconds=STEP_S):
                return
            words = self._words = [*self._words[-MOST_WORDS + 1 :], NotBefore(now, at)]
        if self._word_memory is not None:
            self._word_memory.save(_plain_words(words))

    def step(self) -> bool:
        """Look at the clock where it is time to; whether something was noted. Raises SpoolFull;
        what was noted counts nevertheless."""
        now_s = self._now()
        if now_s < self._due_s:
            return False
        self._due_s = now_s + LOOK_S
        state = self._clock()
        after = state.now()
        before = after if self._last is None else self._expected(now_s)
        entry = ClockStep(self._uptime(), before, after, state.quality)
        is_new = self._last is None or self._last[2] is not state.quality or entry.is_step
        is_jump = entry.is_jump and self._was_right(entry.uptime.boot)
        self._last = (after, now_s, state.quality)
        self._note(entry, is_new)
        if entry.is_step:
            self._listener.trouble(_told(entry))
        if is_jump:
            self._on_jump()
        if is_new or now_s - self._saved_s >= SAVE_S:
            self._saved_s = now_s  # also where it fails: a full card is not asked at each look
            self._memory.save(_plain(self.entries()))
        return is_new

    def close(self) -> None:
        """Nothing is held open."""

    def _was_right(self, boot: int) -> bool:
        """Whether the clock was held to be right until now. One that was not set counts as such
        once somebody has set it in this run, with or without a word of it."""
        if self._last is None or self._last[2] is not ClockQuality.UNSET:
            return self._last is not None
        return any(one.is_jump and one.uptime.boot == boot for one in self.entries())

    def _expected(self, now_s: float) -> datetime:
        """What the clock would say, had nobody set it."""
        assert self._last is not None
        shown, at_s, _ = self._last
        try:
            return shown + timedelta(seconds=now_s - at_s)
        except OverflowError:
            return shown

    def _note(self, entry: ClockStep, is_new: bool) -> None:
        """Add it; what only goes on as before takes the place of the last such look."""
        with self._lock:
            last = self._entries[-1] if self._entries else None
            goes_on = (
                not is_new
                and last is not None
                and not last.is_step
                and len(self._entries) > 1
                and self._entries[-2].uptime.boot == entry.uptime.boot
                and last.clock is entry.clock
            )
            self._entries = _thinned([*(self._entries[:-1] if goes_on else self._entries), entry])


def _told(entry: ClockStep) -> str:
    shown = "%Y-%m-%d %H:%M:%S"
    return (
        f"the clock was set from {entry.before.strftime(shown)} to {entry.after.strftime(shown)}"
        f" UTC ({entry.clock.value}), {entry.uptime.seconds} s after power came; what was told"
        " before keeps its place by uptime"
    )


def _thinned(entries: list[ClockStep]) -> list[ClockStep]:
    """One fewer, where there are too many and one can be spared."""
    drop = _spared(entries) if len(entries) > MOST else None
    return entries if drop is None else entries[:drop] + entries[drop + 1 :]


def _spared(entries: list[ClockStep]) -> int | None:
    """Which tells least. Of runs that are over, what only looks, then what lies within a run, then
    the oldest: the ends of runs tell of what lies between. Of the run that goes on a look at a
    clock that was right, and nothing else: the rest may be needed still."""
    here = entries[-1].uptime.boot
    inner = [
        index
        for index in range(1, len(entries) - 1)
        if entries[index - 1].uptime.boot
        == entries[index].uptime.boot
        == entries[index + 1].uptime.boot
    ]
    past = [index for index in inner if entries[index].uptime.boot != here]
    looks = [index for index in past if not entries[index].is_step]
    if looks or past:
        return (looks or past)[0]
    if entries[0].uptime.boot != here:
        return 0
    right = (
        index
        for index in inner
        if not entries[index].is_step and entries[index].clock is not ClockQuality.UNSET
    )
    return next(right, 1 if len(entries) > MOST_HERE else None)


def _plain(entries: Iterable[ClockStep]) -> bytes:
    return json.dumps(
        [
            [
                one.uptime.boot,
                one.uptime.seconds,
                to_epoch_ms(one.before),
                to_epoch_ms(one.after),
                one.clock.value,
            ]
            for one in entries
        ],
        separators=(",", ":"),
    ).encode()


def _plain_words(words: Iterable[NotBefore]) -> bytes:
    rows = [[one.uptime.boot, one.uptime.seconds, to_epoch_ms(one.at)] for one in words]
    return json.dumps(rows, separators=(",", ":")).encode()


def _words(state: bytes | None) -> list[NotBefore]:
    """What ``_plain_words`` gave; nothing of what is damaged."""
    try:
        rows: Sequence[Any] = [] if state is None else json.loads(state)
        words = [
            NotBefore(Uptime(int(boot), int(seconds)), from_epoch_ms(at))
            for boot, seconds, at in rows
        ]
        return [
            one for one in words if one.at >= OLDEST and 0 <= one.uptime.seconds < 1 << UPTIME_BITS
        ]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return []


def _entries(state: bytes | None) -> list[ClockStep]:
    """What ``_plain`` gave; nothing of what is damaged."""
    try:
        rows: Sequence[Any] = [] if state is None else json.loads(state)
        return [
            ClockStep(
                Uptime(int(boot), int(seconds)),
                from_epoch_ms(before),
                from_epoch_ms(after),
                ClockQuality(clock),
            )
            for boot, seconds, before, after, clock in rows
        ]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return []
