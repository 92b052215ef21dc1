"""When there is a network, and when a ridge or a storm stands before it: seeded periods."""

from __future__ import annotations

import random

# A pass of a satellite behind a ridge, or a cell's bad hour: minutes.
_PERIOD_S = 600.0


class Coverage:
    """Periods with and without a network, their lengths drawn exponentially. For one thread."""

    def __init__(self, seed: int, gone_share: float, period_s: float = _PERIOD_S) -> None:
        """``gone_share`` of the time is without; one of each takes ``period_s`` on average.

        Raises ValueError for a share that is none, or all of the time.
        """
        if not 0 <= gone_share < 1:
            raise ValueError(f"{gone_share} of the time without a network: give 0 to below 1")
        # A stream of its own, so that what else is drawn does not move the periods.
        self._random = random.Random(f"coverage {seed}")
        self._mean_s = {True: period_s * (1 - gone_share), False: period_s * gone_share}
        self._there = True
        self._until_s: float | None = None

    def there(self, now_s: float) -> bool:
        """Whether there is a network; ``now_s`` never goes back."""
        if self._mean_s[False] == 0:
            return True
        if self._until_s is None:
            self._until_s = now_s + self._draw_s()
        while now_s >= self._until_s:
            self._there = not self._there
            self._until_s += self._draw_s()
        return self._there

    def _draw_s(self) -> float:
        return self._random.expovariate(1 / self._mean_s[self._there])
