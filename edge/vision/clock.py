"""Where the time of a burst goes, and when it is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.records import Timings

Seconds = Callable[[], float]
"""A clock that never goes back, in seconds."""


class Stopwatch:
    """Sums the time of each step of one burst, and knows its deadline."""

    def __init__(self, timeout_s: float, now: Seconds = time.monotonic) -> None:
        self._now = now
        self._deadline = now() + timeout_s
        self._spent_s: dict[str, float] = {}

    @property
    def expired(self) -> bool:
        """The burst has had its time."""
        return self._now() >= self._deadline

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the time of the block under ``name``, a field of ``Timings``."""
        begun = self._now()
        try:
            yield
        finally:
            self._spent_s[name] = self._spent_s.get(name, 0.0) + self._now() - begun

    def timings_ms(self) -> Timings:
        """The sums so far."""
        return Timings(**{name: 1000 * spent for name, spent in self._spent_s.items()})
