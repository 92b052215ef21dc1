"""How long ago something was, over restarts and reboots, for what must not begin anew with them.

Within one run of the machine its own age tells; nothing sets that. Between two runs only clocks
can, where both had one, and what they say is believed as far as it is possible.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from edge.health.clock import ClockState, system_clock
from edge.health.runs import boot_id, uptime_s
from edge.records import ClockQuality


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment: in the machine's run ``boot``, ``age_s`` seconds after it was switched on;
    ``utc_s`` since 1970, None where the clock was not set."""

    boot: str
    age_s: float
    utc_s: float | None = None

    def to_plain(self) -> list[Any]:
        """For JSON."""
        return [self.boot, self.age_s, None if self.utc_s is None else round(self.utc_s)]

    @classmethod
    def from_plain(cls, plain: Any) -> Self | None:
        """What ``to_plain`` gave; None of anything else."""
        try:
            boot, age_s, utc_s = plain
            mark = cls(str(boot), float(age_s), None if utc_s is None else float(utc_s))
        except (ValueError, TypeError, OverflowError):
            return None
        return mark if math.isfinite(mark.age_s) and math.isfinite(mark.utc_s or 0.0) else None


class Elapsed:
    """``clock`` is the best that the board has. Safe to share between threads."""

    def __init__(
        self,
        clock: Callable[[], ClockState] = system_clock,
        boot: Callable[[], bytes] = boot_id,
        age_s: Callable[[], float] = uptime_s,
    ) -> None:
        self._clock, self._boot, self._age_s = clock, boot, age_s

    def mark(self) -> Mark:
        """The present."""
        clock = self._clock()
        utc_s = None if clock.quality is ClockQuality.UNSET else clock.now().timestamp()
        return Mark(self._boot().hex(), self._age_s(), utc_s)

    def since_s(self, mark: Mark) -> float | None:
        """Seconds since ``mark``; None where that was in an earlier run, and no clock tells."""
        now = self.mark()
        if now.boot == mark.boot:
            return max(0.0, now.age_s - mark.age_s)
        if now.utc_s is None or mark.utc_s is None or now.utc_s < mark.utc_s:
            return None
        return max(now.age_s, now.utc_s - mark.utc_s)
