"""A watchdog that only the progress of every loop feeds: a process that merely lives is not enough.

A timer that fed it would keep a station alive whose capture hangs. So each loop holds a Pulse, and
the watchdog is fed while none of them was still for longer than that loop may be.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge.health.notify import ServiceManager

_FEED_SHARE = 0.25
"""Of the service manager's patience, between two signs of life: three may be lost."""


@dataclass(frozen=True, slots=True)
class Patience:
    """What is believed of a loop. Durations in seconds."""

    silent_s: float
    """The longest that one of its rounds takes when all is well; the wait for work ends a round."""
    failing_s: float = math.inf
    """How long every round may fail before a new process is tried. For ever, where what fails is
    outside: a broker that is down is no reason to start anew."""


@dataclass(frozen=True, slots=True)
class Stall:
    """A loop that makes no progress, and since when. ``for_s`` in seconds."""

    loop: str
    for_s: float
    failing: bool
    """Its rounds end, but each of them fails; otherwise they do not end."""

    def __str__(self) -> str:
        what = "has only failed" if self.failing else "hangs"
        return f"{self.loop} {what} for {self.for_s:.0f} s"


class Pulse:
    """One loop's progress, held by the loop itself; only ``Progress.expect`` makes one."""

    def __init__(self, loop: str, patience: Patience, clock: Callable[[], float]) -> None:
        self._loop, self._patience, self._clock = loop, patience, clock
        self._turned_s = self._well_s = clock()
        self._ended = False

    def turned(self) -> None:
        """A round came to its end, with work or without."""
        self._turned_s = self._well_s = self._clock()

    def failed(self) -> None:
        """A round came to its end by an error: the loop does not hang."""
        self._turned_s = self._clock()

    def ended(self) -> None:
        """The loop is over, as it should be: nothing more is expected of it."""
        self._ended = True

    def stall(self) -> Stall | None:
        """What is wrong with it now."""
        if self._ended:
            return None
        now_s = self._clock()
        silent_s, failing_s = now_s - self._turned_s, now_s - self._well_s
        if silent_s > self._patience.silent_s:
            return Stall(self._loop, silent_s, failing=False)
        if failing_s > self._patience.failing_s:
            return Stall(self._loop, failing_s, failing=True)
        return None


class Progress:
    """All loops of a station. Pulses are fed from the loops' own threads.

    ``clock`` gives seconds that never jump and stand still while the machine sleeps, so that a loop
    is not blamed for a night.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pulses: list[Pulse] = []

    def expect(self, loop: str, patience: Patience) -> Pulse:
        """From now on ``loop`` must make progress."""
        pulse = Pulse(loop, patience, self._clock)
        self._pulses.append(pulse)
        return pulse

    def stalls(self) -> tuple[Stall, ...]:
        """Every loop that makes no progress; empty while all is well."""
        return tuple(stall for pulse in tuple(self._pulses) if (stall := pulse.stall()) is not None)


class Watchdog:
    """Tells ``manager`` that the station lives, as long as ``progress`` proves it.

    For one thread, the one that waits for the station's end: ``look`` at least once in a quarter of
    ``manager.watchdog_s``.
    """

    def __init__(
        self,
        progress: Progress,
        manager: ServiceManager,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._progress, self._manager, self._clock = progress, manager, clock
        self._due_s = -math.inf

    def look(self) -> tuple[Stall, ...]:
        """Feed the watchdog if that is due. Where a loop stalls, have the process ended instead,
        and return the stalls: without a service manager, the caller must end it."""
        stalls = self._progress.stalls()
        if stalls:
            self._manager.hung("; ".join(map(str, stalls)))
        elif self._manager.watchdog_s is not None and self._clock() >= self._due_s:
            self._manager.alive()
            self._due_s = self._clock() + self._manager.watchdog_s * _FEED_SHARE
        return stalls
