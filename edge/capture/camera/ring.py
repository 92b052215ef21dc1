"""What the camera saw before anything moved the sensor."""

from __future__ import annotations

from collections import deque

from edge.capture.camera.camera import Shot
from edge.records import Frame


class PreTriggerRing:
    """Keeps the newest pictures: at most ``max_frames`` of at most ``max_bytes`` together.

    Moments are seconds on the monotonic clock, the kernel's own for edges of a line. Pure: no
    thread and no clock. Raises ValueError for a bound below zero.
    """

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        if max_frames < 0 or max_bytes < 0:
            raise ValueError(f"a ring cannot hold {max_frames} frames of {max_bytes} bytes")
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._kept: deque[tuple[float, Frame]] = deque()
        self._size_bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size_bytes(self) -> int:
        """The bytes of all pictures in it."""
        return self._size_bytes

    def put(self, shot: Shot) -> None:
        """Keep ``shot``, newer than all before it; the oldest make room."""
        self._kept.append((shot.moment.monotonic_s, shot.frame))
        self._size_bytes += len(shot.frame.data)
        while len(self._kept) > self._max_frames or self._size_bytes > self._max_bytes:
            self._drop_oldest()

    def take_before(self, edge_s: float, at_most_s: float) -> tuple[Frame, ...]:
        """The pictures from the ``at_most_s`` before the edge, oldest first; they leave the ring.

        Older ones leave it, too: they belong to no event. What was taken at the edge or after it
        stays: the sensor's edge is often heard of late.
        """
        taken = []
        while self._kept and self._kept[0][0] < edge_s:
            moment_s, frame = self._drop_oldest()
            if edge_s - moment_s <= at_most_s:
                taken.append(frame)
        return tuple(taken)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._size_bytes = 0

    def _drop_oldest(self) -> tuple[float, Frame]:
        moment_s, frame = self._kept.popleft()
        self._size_bytes -= len(frame.data)
        return moment_s, frame
