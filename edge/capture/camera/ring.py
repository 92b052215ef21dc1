"""What the camera saw before anything moved the sensor."""

from __future__ import annotations

from collections import deque

from edge.capture.camera.camera import Shot


class PreTriggerRing:
    """Keeps the newest pictures: at most ``max_frames`` of at most ``max_bytes`` together, their
    small pictures included.

    Moments are seconds on the monotonic clock, the kernel's own for edges of a line. Pure: no
    thread and no clock. Raises ValueError for a bound below zero.
    """

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        if max_frames < 0 or max_bytes < 0:
            raise ValueError(f"a ring cannot hold {max_frames} frames of {max_bytes} bytes")
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._kept: deque[Shot] = deque()
        self._size_bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size_bytes(self) -> int:
        """The bytes of all pictures in it, as encoded, and of their small ones' pixels."""
        return self._size_bytes

    def put(self, shot: Shot) -> None:
        """Keep ``shot``, newer than all before it; the oldest make room."""
        self._kept.append(shot)
        self._size_bytes += size_bytes(shot)
        while len(self._kept) > self._max_frames or self._size_bytes > self._max_bytes:
            self._drop_oldest()

    def take_before(self, edge_s: float, at_most_s: float) -> tuple[Shot, ...]:
        """The pictures from the ``at_most_s`` before the edge, oldest first; they leave the ring.

        Older ones leave it, too: they belong to no event. What was taken at the edge or after it
        stays: the sensor's edge is often heard of late.
        """
        taken = []
        while self._kept and self._kept[0].moment.monotonic_s < edge_s:
            shot = self._drop_oldest()
            if edge_s - shot.moment.monotonic_s <= at_most_s:
                taken.append(shot)
        return tuple(taken)

    def take_all(self) -> tuple[Shot, ...]:
        """What is in it, oldest first; it leaves the ring."""
        taken = tuple(self._kept)
        self.clear()
        return taken

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._size_bytes = 0

    def _drop_oldest(self) -> Shot:
        shot = self._kept.popleft()
        self._size_bytes -= size_bytes(shot)
        return shot


def size_bytes(shot: Shot) -> int:
    """What ``shot`` takes in memory: its picture as encoded, and the small one's pixels."""
    return len(shot.frame.data) + (0 if shot.glance is None else shot.glance.pixels.nbytes)
