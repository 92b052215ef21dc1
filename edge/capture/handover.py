"""Between the thread that takes pictures and the one that makes them durable."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from edge.records import Burst

if TYPE_CHECKING:
    from edge.vision.decode import Pixels

Glanced = Callable[[str, "Mapping[int, Pixels]"], None]
"""Is told the id of a burst that is handed over, and the small pictures of its frames, by their
index. It must not wait."""


def _nobody(burst_id: str, glances: Mapping[int, Pixels]) -> None:
    pass


class HandOver:
    """Bursts that wait to be stored, in memory: ``most_bursts`` of ``most_bytes`` together, or one.

    While there is no room no burst is begun; what is ``put`` is always taken. Small pictures do not
    wait here: ``glanced`` is told of them.
    """

    def __init__(self, most_bursts: int, most_bytes: int) -> None:
        self._most_bursts, self._most_bytes = most_bursts, most_bytes
        self._waiting: deque[Burst] = deque()
        self._changed = threading.Condition()
        self.glanced: Glanced = _nobody

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def has_room(self) -> bool:
        """Whether another burst may be begun."""
        with self._changed:
            size_bytes = sum(len(frame.data) for burst in self._waiting for frame in burst.frames)
            return len(self._waiting) < self._most_bursts and size_bytes < self._most_bytes

    def put(self, burst: Burst, glances: Mapping[int, Pixels] | None = None) -> None:
        """Hand ``burst`` over; its small pictures before it."""
        self.glanced(burst.burst_id, glances or {})
        with self._changed:
            self._waiting.append(burst)
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Burst | None:
        """The oldest, waited for; None where none came within ``timeout_s``."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting, timeout_s)
            return self._waiting.popleft() if self._waiting else None
