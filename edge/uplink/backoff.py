"""How long to wait before the next try."""

from __future__ import annotations

import random

FIRST_S = 1.0


class Backoff:
    """Doubles from FIRST_S to ``max_s``, each wait shortened by up to half at random, so that a
    valley of stations does not knock all at once when its broker comes back."""

    def __init__(self, max_s: float, chance: random.Random | None = None) -> None:
        self._max_s = max_s
        self._chance = chance or random.Random()
        self._next_s = min(FIRST_S, max_s)

    def wait_s(self) -> float:
        """The wait after one more failure, in seconds."""
        wait = self._next_s * (1 - self._chance.random() / 2)
        self._next_s = min(self._next_s * 2, self._max_s)
        return wait

    def reset(self) -> None:
        """A try succeeded."""
        self._next_s = min(FIRST_S, self._max_s)
