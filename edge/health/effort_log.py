"""The running station's effort: told by the capture stage at every step, written by a slow loop.

Telling costs capture nothing, for it touches no disk. Only what capture proved is written: while it
hangs no mark is made, and the time since its last sign of life is blind, not armed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from edge.health.clock import ClockState, system_clock
from edge.health.effort import STOPPED, account
from edge.health.effort_file import EffortFile
from edge.health.effort_lines import (
    ARMED,
    HUNG,
    STARTING,
    Began,
    Ended,
    Guard,
    Line,
    Span,
    Stamp,
    decode,
    decoded,
    encode,
)
from edge.health.runs import uptime_s
from edge.times import to_epoch_ms
from edge.wire.air.moment import Uptime

MARK_S = 300
"""Between two marks: what a power cut can cost. A mark rewrites one block of the card."""
ROLL_S = 3600
"""Longest interval of one line, so that counts can be told by the hour."""
HUNG_S = 60
"""Capture that says nothing for longer was not watching: chosen, well above a slow write."""
SETTLE_S = 60
"""Least length of a blind interval: a camera that comes and goes each second, or fails for one
reason after another, must not wear out the card with lines. It is blind meanwhile, so effort is
never told too large."""

Counts = Callable[[], Mapping[str, int]]


class EffortLog:
    """One process's part of the effort. ``seen`` is for the capture stage, ``keep`` and ``end`` for
    the loop that writes, ``counters`` for any thread.

    ``totals`` gives counters that run since the spool was made, ``here`` those that run since this
    process began. ``began_s`` is when it did, in seconds since the machine was switched on.
    """

    def __init__(
        self,
        file: EffortFile,
        totals: Counts,
        here: Counts = dict,
        clock: Callable[[], ClockState] = system_clock,
        now_s: Callable[[], int] = uptime_s,
    ) -> None:
        self._file, self._totals, self._here = file, totals, here
        self._clock, self._now_s = clock, now_s
        self._lock = threading.Lock()
        self._state, self._since_s = STARTING, now_s()
        self._proved_s = self._began_s = self._since_s
        self._passed: list[tuple[str, int, int]] = []
        self._base: dict[str, int] = {}
        self._durable: dict[str, int] = {}
        self._going: tuple[str, int] = (STARTING, 0)
        self._marked_s = self._since_s
        self._number = 0
        self._off_s = self._asleep_s = 0
        self._lines: list[Line] = []
        self._boot = ""
        self._opening: tuple[list[Line], list[Line]] | None = None

    def seen(self, blind: str | None = None) -> None:
        """Capture turned once more, and watches; or it does not, and ``blind`` says why in a word.
        Never waits for a disk."""
        now_s, state = self._now_s(), blind or ARMED
        with self._lock:
            if self._state != STARTING and now_s - self._proved_s > HUNG_S:
                self._turn(HUNG, self._proved_s)
                self._turn(state, now_s)
            self._proved_s = now_s
            settled = now_s - self._since_s >= SETTLE_S
            if state != self._state and (settled or self._state in (ARMED, STARTING)):
                self._turn(state, now_s)

    def open(self, now: Uptime, boot: bytes, cause: str = "") -> None:
        """Write down what the process before this one could not, and that this one began. ``now``
        is a present moment, ``boot`` the kernel's id of this run, ``cause`` why there was no
        process before. Raises OSError."""
        if self._opening is None:
            # Read once: what the card refused may lie there for all that, and is written over.
            lines = decoded(self._file.lines())
            began = Began(now.boot, boot.hex()[:8], self._stamp(self._began_s), cause)
            self._opening = lines, [*self._recovered(lines), began]
        before, new = self._opening
        self._file.append(map(encode, new))
        self._opening = None
        lines = self._lines = [*before, *new]
        effort = account(lines)
        self._durable = effort.seconds()
        self._off_s, self._asleep_s = effort.off_s, effort.asleep_s
        spans = [line for line in lines if isinstance(line, Span)]
        self._base = dict(spans[-1].totals) if spans else {}
        self._boot = boot.hex()[:8]

    def keep(self) -> bool:
        """Write down what is over, or how far it has come; whether anything was written. Raises
        OSError, and nothing is lost by it."""
        with self._lock:
            if self._proved_s - self._since_s >= ROLL_S:
                self._turn(self._state, self._proved_s)
            passed, going = list(self._passed), (self._state, self._since_s, self._proved_s)
        if passed:
            self._file.append(encode(self._span(*one)) for one in passed)
            with self._lock:
                del self._passed[: len(passed)]
                for state, from_s, to_s in passed:
                    self._durable[state] = self._durable.get(state, 0) + to_s - from_s
                self._going = (going[0], 0)
        if going[2] - self._marked_s < MARK_S or going[2] == going[1]:
            return bool(passed)
        self._number += 1
        self._file.mark(f"{self._boot} {self._began_s} {encode(self._span(*going))}", self._number)
        self._marked_s = going[2]
        self._going = (going[0], going[2] - going[1])
        return True

    def guard(self, boot: int, uptime_ms: int) -> None:
        """The controller keeps watch: its start number, and its counter by now. As the process
        begins, once it is known, and before the machine goes to sleep. Raises OSError."""
        line = Guard(self._stamp(self._now_s()), boot, uptime_ms)
        self._file.append([encode(line)])
        if self._lines:
            effort = account([*self._lines, line])
            self._off_s, self._asleep_s = effort.off_s, effort.asleep_s
            self._lines = []  # of a year's life these are megabytes

    def end(self, why: str = STOPPED) -> None:
        """The process ends as it was told to, and ``why``: a word. Raises OSError."""
        with self._lock:
            if self._now_s() - self._proved_s <= HUNG_S:
                self._proved_s = self._now_s()
            self._turn(self._state, self._proved_s)
        self.keep()
        self._file.append([encode(Ended(self._stamp(self._proved_s), why))])

    def counters(self) -> dict[str, int]:
        """``armed_s``, ``blind_s`` and the parts of it, ``off_s``, and of that ``asleep_s`` while a
        controller watched: durable time alone, so that they never go back after a crash. The last
        two are corrected where a better clock is heard."""
        if not self._boot:
            return {}
        with self._lock:
            state, on_top_s = self._going
            seconds = {**self._durable, state: self._durable.get(state, 0) + on_top_s}
        armed_s = seconds.pop(ARMED, 0)
        parts = {f"blind_{name.replace('-', '_')}_s": value for name, value in seconds.items()}
        told = {"armed_s": armed_s, "blind_s": sum(seconds.values()), "off_s": self._off_s}
        if self._asleep_s:
            told["asleep_s"] = self._asleep_s
        return {**told, **{name: value for name, value in parts.items() if value}}

    def _turn(self, state: str, at_s: int) -> None:
        if at_s > self._since_s:
            self._passed.append((self._state, self._since_s, at_s))
        self._state, self._since_s = state, max(self._since_s, at_s)

    def _recovered(self, lines: list[Line]) -> list[Line]:
        """The interval that was going on when the process before ended suddenly."""
        marked = self._file.marked()
        if marked is None:
            return []
        self._number, text = marked
        span = span_of(text, lines)
        if span is None:
            return []
        # Bursts are durable at once: those after the mark were caught by the same process.
        return [Span(span.state, span.from_s, span.to, {**span.totals, **self._totals()})]

    def _span(self, state: str, from_s: int, to_s: int) -> Span:
        totals = {name: self._base.get(name, 0) + value for name, value in self._here().items()}
        return Span(state, from_s, self._stamp(to_s), {**totals, **self._totals()})

    def _stamp(self, at_s: int) -> Stamp:
        """What the clock says of ``at_s`` as it runs now."""
        clock = self._clock()
        ago_s = max(0, self._now_s() - at_s)
        return Stamp(at_s, to_epoch_ms(clock.now()) - 1000 * ago_s, clock.quality)


def span_of(mark: str, lines: Sequence[Line]) -> Span | None:
    """The interval that ``mark`` tells of, where it belongs to the last process in ``lines`` and
    that has not ended."""
    begun = [line for line in lines if isinstance(line, Began)]
    if not begun or isinstance(lines[-1], Ended):
        return None
    boot, _, rest = mark.partition(" ")
    began_s, _, text = rest.partition(" ")
    span = decode(text)
    if (boot, began_s) != (begun[-1].boot, str(begun[-1].at.at_s)) or not isinstance(span, Span):
        return None
    return span
