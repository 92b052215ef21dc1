"""Messages that were not taken: counted each, told once in a while."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_QUIET_S = 600.0
_REMEMBERED = 256
"""Topics come from strangers: no more kinds of refusal than this are told apart."""


_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why messages of one station were not taken, what to do about it, and how many there were."""

    station: str
    reason: str
    way_out: str
    count: int


class Refusals:
    """Counts by station and reason, in memory, safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: OrderedDict[_Key, int] = OrderedDict()
        self._told_s: dict[_Key, float] = {}

    def add(self, station: str, reason: str, way_out: str) -> bool:
        """Count one; True when it is worth a line in the log again."""
        key = (station, reason, way_out)
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + 1
            self._counts.move_to_end(key)
            if len(self._counts) > _REMEMBERED:
                forgotten, _ = self._counts.popitem(last=False)
                self._told_s.pop(forgotten, None)
            now_s = self._clock()
            if key in self._told_s and now_s - self._told_s[key] < _QUIET_S:
                return False
            self._told_s[key] = now_s
            return True

    def newest(self, limit: int) -> list[Refusal]:
        """The refusals that happened last, last first."""
        with self._lock:
            newest = list(reversed(self._counts.items()))[:limit]
        return [Refusal(*key, count) for key, count in newest]
