"""What the lamp burnt tonight, over restarts: were it forgotten, a station that is woken for each
event would have a whole night's joules at every wake."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from edge.health.elapsed import Elapsed, Mark
from edge.health.runs import Memory

SHARE = 0.05
"""Of a night's joules, between two writes: some twenty a night, one more at the end."""
UNKNOWN_S = 900.0
"""For which an earlier run is taken to lie back where no clock tells: joules that never came back
would leave a station in the dark for good."""
PATIENCE_S = 8.0
"""Until then the board's clock may not be known yet. Tonight's joules count meanwhile."""


class Lamp(Protocol):
    """As far as its nights go. For any thread."""

    def tonight(self) -> tuple[float, float]: ...

    def resume(self, age_s: float, joules: float) -> None: ...

    def older(self, seconds: float) -> None: ...


class LampNight:
    """Keeps ``lamp``'s night, of ``most_j`` joules, in ``memory``. For one thread that may wait for
    the card; what that refuses is lost, and no more."""

    def __init__(
        self,
        lamp: Lamp,
        most_j: float,
        memory: Memory,
        elapsed: Elapsed,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lamp, self._most_j, self._memory, self._elapsed = lamp, most_j, memory, elapsed
        self._now, self._began_s = now, now()
        self._before: Mark | None = None
        """When it was kept by an earlier run, until it is known how long ago that is."""
        self._kept_j = 0.0
        self._is_guessed = False

    def restore(self) -> None:
        """Go on with the night that was kept. How long ago that was is found by and by."""
        kept = _decoded(self._memory.load())
        if kept is not None and math.isfinite(self._most_j):
            self._before, age_s, self._kept_j = kept
            self._lamp.resume(age_s, self._kept_j)

    def keep(self, at_end: bool = False) -> bool:
        """Write it down where enough was burnt since the last time, or anything ``at_end``; whether
        it was."""
        if self._before is not None:
            self._age(self._before, at_end)
        age_s, joules = self._lamp.tonight()
        changed_j = abs(joules - self._kept_j)
        is_due = changed_j >= SHARE * self._most_j or (at_end and (changed_j or self._is_guessed))
        if not is_due or math.isinf(self._most_j):
            return False
        self._kept_j, self._is_guessed = joules, False
        mark = (self._before or self._elapsed.mark()).to_plain()
        with suppress(OSError):
            self._memory.save(json.dumps([mark, round(age_s), round(joules, 1)]).encode())
        return True

    def _age(self, before: Mark, at_end: bool) -> None:
        since_s = self._elapsed.since_s(before)
        if since_s is None and not at_end and self._now() - self._began_s < PATIENCE_S:
            return
        self._lamp.older(UNKNOWN_S if since_s is None else since_s)
        self._is_guessed = since_s is None and self._kept_j > 0
        self._before = None


def _decoded(state: bytes | None) -> tuple[Mark, float, float] | None:
    try:
        plain: Any = json.loads(state or b"")
        mark, age_s, joules = Mark.from_plain(plain[0]), float(plain[1]), float(plain[2])
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return None
    if mark is None or not (0 <= age_s < math.inf and 0 <= joules < math.inf):
        return None
    return mark, age_s, joules
