"""A thread that takes from a stream all that comes and keeps the newest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from edge.capture.camera.errors import CameraError, CameraGone, CameraSilent

T = TypeVar("T")

LAST_WORD_S = 5.0
"""How long a closed stream may take to end; its thread is left behind then."""


class LatestReader(Generic[T]):
    """Calls ``read`` again and again; each thing read is given once, unless a newer one came.

    ``read`` blocks, and raises CameraError at the stream's end. Drivers queue pictures: unless
    somebody reads on, the next one would be seconds old.
    """

    def __init__(self, read: Callable[[], T], name: str) -> None:
        self._read = read
        self._name = name
        self._changed = threading.Condition()
        self._newest: T | None = None
        self._ended: CameraError | None = None
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read."""
        # A daemon: a driver that never returns from a read must not keep the station from ending.
        self._thread = threading.Thread(target=self._run, name=f"Camera {self._name}", daemon=True)
        self._thread.start()

    def take(self, timeout_s: float) -> T:
        """The newest thing not yet given, waited for.

        Raises CameraSilent after ``timeout_s``; CameraGone at the stream's end.
        """
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            while self._newest is None:
                if self._ended is not None:
                    raise CameraGone(str(self._ended)) from self._ended
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    raise CameraSilent(f"{self._name}: no picture within {timeout_s:g} s")
                self._changed.wait(left_s)
            newest, self._newest = self._newest, None
            return newest

    def stop(self) -> None:
        """Read no more after what is being read now."""
        self._stopping = True

    def join(self) -> bool:
        """Wait for the thread, LAST_WORD_S at most; whether it ended."""
        if self._thread is not None:
            self._thread.join(LAST_WORD_S)
        return self._thread is None or not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping:
            try:
                newest = self._read()
            except CameraError as error:
                self._end(error)
                return
            except Exception as error:  # a driver's own; whoever waits must be told
                self._end(CameraGone(f"{self._name}: {type(error).__name__}: {error}"))
                return
            with self._changed:
                self._newest = newest
                self._changed.notify_all()

    def _end(self, error: CameraError) -> None:
        with self._changed:
            self._ended = error
            self._changed.notify_all()
