"""The small pictures that a camera took beside its files, on their way to triage.

They live in memory alone, for they show the place: a stolen card must not. A restart loses them,
and so does a backlog; a frame without one is decoded, which costs time and nothing else.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.vision.decode import Pixels

MOST_BYTES = 16_000_000
"""23 of 640 x 360; a board of 512 MB judges with 190 MB at its peak."""
MOST_BURSTS = 1000
"""Known by their ids alone where there was no room; the oldest go."""


class Glances:
    """Small pictures by burst, at most ``most_bytes`` together. For any thread.

    Triage takes bursts in the order of their coming. So while there is no room a new burst's are
    turned away: were the oldest dropped for them, a backlog would use none at all.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bursts: OrderedDict[str, Mapping[int, Pixels]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """Of all pixels held."""
        with self._lock:
            return self._size()

    def put(self, burst_id: str, glances: Mapping[int, Pixels]) -> None:
        """Hold those of the burst's frames, by their index, as many from the first on as fit."""
        with self._lock:
            room, held = self._most_bytes - self._size(), {}
            for index, pixels in sorted(glances.items()):
                room -= pixels.nbytes
                if room < 0:
                    break
                held[index] = pixels
            self._bursts[burst_id] = held
            if len(self._bursts) > MOST_BURSTS:
                self._bursts.popitem(last=False)

    def take(self, burst_id: str) -> Mapping[int, Pixels]:
        """Those of the burst, none where there are none. They leave, as do those of all bursts that
        came before it: they were settled otherwise."""
        with self._lock:
            while burst_id in self._bursts:
                first, held = self._bursts.popitem(last=False)
                if first == burst_id:
                    return held
            return {}

    def _size(self) -> int:
        return sum(one.nbytes for held in self._bursts.values() for one in held.values())
