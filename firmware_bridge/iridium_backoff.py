"""How long to leave the satellites alone after a session that failed.

Source: Iridium's and RockBLOCK's advice for retrying: after each of the first two failures within a
random 0 to 5 s, after each of the next two within a random 0 to 30 s, from then on 5 minutes. The
chance keeps neighbours that failed together from failing together again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

_RANDOM_STEPS_S = (5.0, 5.0, 30.0, 30.0)
_LAST_S = 300.0


class Backoff:
    """Counts failures in a row. For one thread."""

    def __init__(self, rng: random.Random, clock: Callable[[], float] = time.monotonic) -> None:
        self._random = rng
        self._clock = clock
        self._failures = 0
        self._until_s = clock()

    def failed(self, least_s: float = 0.0) -> float:
        """A session failed: the wait in seconds that follows, at least ``least_s``."""
        step, self._failures = self._failures, self._failures + 1
        wait_s = (
            self._random.uniform(0.0, _RANDOM_STEPS_S[step])
            if step < len(_RANDOM_STEPS_S)
            else _LAST_S
        )
        wait_s = max(wait_s, least_s)
        self._until_s = self._clock() + wait_s
        return wait_s

    def succeeded(self) -> None:
        """A session went through: the next failure is the first again."""
        self._failures = 0
        self._until_s = self._clock()

    def left_s(self) -> float:
        """How long the present wait still lasts, 0 when it is over."""
        return max(0.0, self._until_s - self._clock())
