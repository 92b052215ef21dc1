"""Between the thread that takes pictures and the one that makes them durable."""

from __future__ import annotations

import threading
from collections import deque

from edge.records import Burst


class HandOver:
    """Bursts that wait to be stored, in memory: ``most_bursts`` of ``most_bytes`` together, or one.

    While there is no room no burst is begun; what is ``put`` is always taken.
    """

    def __init__(self, most_bursts: int, most_bytes: int) -> None:
        self._most_bursts, self._most_bytes = most_bursts, most_bytes
        self._waiting: deque[Burst] = deque()
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def has_room(self) -> bool:
        """Whether another burst may be begun."""
        with self._changed:
            size_bytes = sum(len(frame.data) for burst in self._waiting for frame in burst.frames)
            return len(self._waiting) < self._most_bursts and size_bytes < self._most_bytes

    def put(self, burst: Burst) -> None:
        """Hand ``burst`` over."""
        with self._changed:
            self._waiting.append(burst)
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Burst | None:
        """The oldest, waited for; None where none came within ``timeout_s``."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting, timeout_s)
            return self._waiting.popleft() if self._waiting else None
