"""Storm control: a hot rock or a waving branch must cost a bounded number of bursts.

A token bucket. As long as there are tokens every burst is taken. Once they run out it is a storm,
and bursts become samples: at random moments, so that a rock that fires regularly hides nothing,
and for a share of the income only, so that the bucket fills again while the rock is still hot.
The bucket bounds what a storm costs whatever the rest of the logic does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class StormTerms:
    """What a sensor may cost. ``most_bursts`` at a stretch: a herd that passes; ``per_hour``
    thereafter. ``sample_share`` (0..1] of these is spent in a storm, which is over when the sensor
    was quiet for ``calm_s``.

    Raises ValueError where they contradict each other.
    """

    most_bursts: int = 30
    per_hour: float = 30.0
    sample_share: float = 0.5
    calm_s: float = 300.0

    def __post_init__(self) -> None:
        if self.most_bursts < 1 or not 0 < self.per_hour < math.inf:
            raise ValueError("most_bursts must be 1 or more, and per_hour above 0")
        if not 0 < self.sample_share <= 1:
            raise ValueError("sample_share must be above 0 and at most 1")
        if not self.per_second * self.calm_s >= 1:
            # Else the first animal after a storm might find an empty bucket.
            raise ValueError(f"calm_s must be {1 / self.per_second:.0f} s or more: one burst's due")

    @property
    def per_second(self) -> float:
        return self.per_hour / HOUR_S

    def bound(self, duration_s: float) -> int:
        """The most bursts of one sensor in any ``duration_s``: times the joules of a burst, what a
        storm can cost."""
        return math.floor(self.most_bursts + self.per_second * duration_s)


@dataclass(frozen=True, slots=True)
class StormReport:
    """A storm of one sensor, for whoever is told: seconds of the clock that storm control is
    given. ``firings`` that asked for a burst and the ``bursts`` they got, since it began."""

    source: str
    began_s: float
    last_s: float
    firings: int
    bursts: int
    over: bool


@dataclass(frozen=True, slots=True)
class Left:
    """What a sensor has left of its bucket. ``sample_in_s`` is when the next sample of a storm is
    due, negative where it is overdue, None where none rages; ``quiet_s`` how long it has not fired
    while somebody kept watch."""

    tokens: float
    sample_in_s: float | None = None
    quiet_s: float = 0.0

    @property
    def rages(self) -> bool:
        return self.sample_in_s is not None


class Storm:
    """Decides which firings of one sensor become a burst.

    ``draw`` gives a number in [0, 1). ``now_s`` never goes back.
    """

    def __init__(self, source: str, terms: StormTerms, draw: Callable[[], float]) -> None:
        self._source, self._terms, self._draw = source, terms, draw
        self._tokens = float(terms.most_bursts)
        self._filled_s: float | None = None
        self._last_s = -math.inf
        self._began_s: float | None = None
        self._slot_s = self._sample_s = 0.0
        self._firings = self._bursts = self._spent = 0

    @property
    def raging(self) -> bool:
        return self._began_s is not None

    def fired(self, now_s: float) -> None:
        """The sensor is not quiet, whatever becomes of it."""
        self._last_s = now_s

    def admit(self, now_s: float) -> bool:
        """Whether a firing becomes a burst; it is charged for."""
        self._fill(now_s)
        if self._began_s is None and self._tokens < 1:
            self._began_s = self._slot_s = now_s
            self._firings = self._bursts = 0
            self._next_sample()
        admitted = self._tokens >= 1 and (not self.raging or self._is_sample(now_s))
        self._firings += 1
        if admitted:
            self._tokens -= 1
            self._bursts += 1
            self._spent += 1
        return admitted

    def relax(self, now_s: float) -> StormReport | None:
        """The storm that is over now, if one is."""
        if self._began_s is None or now_s - self._last_s < self._terms.calm_s:
            return None
        report = self._report(self._began_s, over=True)
        self._began_s = None
        return report

    def report(self) -> StormReport | None:
        """The storm that rages, if one does."""
        return None if self._began_s is None else self._report(self._began_s, over=False)

    def rests_s(self, now_s: float) -> float:
        """For how long no firing will become a burst; 0 without a storm. Changes nothing: from any
        thread."""
        tokens = self._filled(now_s)
        if not self.raging or tokens >= self._terms.most_bursts:
            return 0.0
        return max(0.0, self._sample_s - now_s, (1 - tokens) / self._terms.per_second)

    def left(self, now_s: float) -> Left:
        """What is to be remembered."""
        sample_in_s = self._sample_s - now_s if self.raging else None
        quiet_s = min(self._terms.calm_s, now_s - self._last_s)
        return Left(self._filled(now_s), sample_in_s, quiet_s)

    def recall(self, left: Left, ago_s: float, now_s: float) -> None:
        """Go on with what was ``left`` at another's end, ``ago_s`` ago. Bursts that were taken
        since are charged for, also where there was nothing to pay them with.

        Where the next sample was not due at the end the sensor may not have been watched, and its
        silence tells nothing.
        """
        most = float(self._terms.most_bursts)
        tokens = min(max(left.tokens, -most) + ago_s * self._terms.per_second, most)
        self._tokens = min(self._filled(now_s), tokens - self._spent)
        self._filled_s = now_s
        if left.sample_in_s is None or self.raging:
            return
        watched = left.sample_in_s <= 0 and left.tokens >= 1
        quiet_s = max(0.0, left.quiet_s) + (ago_s if watched else 0.0)
        self._last_s = max(self._last_s, now_s - quiet_s)
        if now_s - self._last_s >= self._terms.calm_s:
            return
        self._began_s = now_s
        self._firings = self._bursts = 0
        # Within two slots from now, whatever a damaged memory says.
        self._sample_s = min(now_s + left.sample_in_s - ago_s, now_s + 2 * self._slot_length_s)
        self._slot_s = min(now_s, self._sample_s)

    def _report(self, began_s: float, over: bool) -> StormReport:
        return StormReport(
            self._source, began_s, max(began_s, self._last_s), self._firings, self._bursts, over
        )

    def _fill(self, now_s: float) -> None:
        self._tokens = self._filled(now_s)
        self._filled_s = now_s

    def _filled(self, now_s: float) -> float:
        if self._filled_s is None:
            return self._tokens
        income = max(0.0, now_s - self._filled_s) * self._terms.per_second
        return min(float(self._terms.most_bursts), self._tokens + income)

    def _is_sample(self, now_s: float) -> bool:
        if self._tokens >= self._terms.most_bursts:
            return True  # what a full bucket gets besides is lost
        if now_s < self._sample_s:
            return False
        slots = max(1.0, (now_s - self._slot_s) // self._slot_length_s)
        self._slot_s += slots * self._slot_length_s
        self._next_sample()
        return True

    @property
    def _slot_length_s(self) -> float:
        return 1 / (self._terms.per_second * self._terms.sample_share)

    def _next_sample(self) -> None:
        self._sample_s = self._slot_s + self._draw() * self._slot_length_s
