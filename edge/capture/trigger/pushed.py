"""Triggers that are told: by the controller, by a person who tests, by a library's thread."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from edge.capture.trigger.firing import Cause, Firing
from edge.records import ClockQuality

MOST_WAITING = 1024
"""Firings that wait to be taken: minutes of the worst storm, and some hundred kilobytes."""


class PushedTrigger:
    """Keeps what it is told, from any thread, until it is asked for it.

    What is told before it is armed is kept, too: it may be what woke the station.
    """

    def __init__(self, name: str, cause: Cause) -> None:
        self._name, self._cause = name, cause
        self._waiting: queue.Queue[Firing] = queue.Queue(MOST_WAITING)
        self._lost = 0

    @property
    def lost(self) -> int:
        return self._lost

    def arm(self) -> None:
        """Nothing to take."""

    def wait(self, timeout_s: float) -> Firing | None:
        try:
            return self._waiting.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None

    def close(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()

    def _push(
        self, at_s: float, at: datetime | None = None, clock: ClockQuality = ClockQuality.UNSET
    ) -> None:
        try:
            self._waiting.put_nowait(Firing(self._cause, self._name, at_s, at, clock))
        except queue.Full:
            self._lost += 1


class ManualTrigger(PushedTrigger):
    """Fires when somebody says so: a technician in front of the lens, a test of the whole way."""

    def __init__(self, name: str = "test") -> None:
        super().__init__(name, Cause.TEST)

    def fire(self) -> None:
        """Have a burst taken. From any thread."""
        self._push(time.monotonic())


class ControllerTrigger(PushedTrigger):
    """The PIR of the microcontroller, which sees while the station sleeps.

    ``utc`` is the time by the clock that also stamps the events. It and ``now_s`` are asked when
    an event is heard.
    """

    def __init__(
        self,
        utc: Callable[[], datetime],
        name: str = "controller",
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name, Cause.PIR)
        self._utc, self._now_s = utc, now_s

    def heard(self, at: datetime | None, clock: ClockQuality, at_s: float | None = None) -> None:
        """The sensor fired at ``at``, as good as ``clock``; at None, of which no clock knows, it
        counts as just now. ``at_s`` is that moment on the clock that nobody sets, where it is known
        by the controller's own count: then no step of a clock makes it old. From any thread."""
        now_s = self._now_s()
        if at_s is not None:
            self._push(min(at_s, now_s), at, clock)
            return
        if at is None:
            self._push(now_s)
            return
        ago_s = max(0.0, (self._utc() - at.astimezone(UTC)).total_seconds())
        self._push(now_s - ago_s, at, clock)
