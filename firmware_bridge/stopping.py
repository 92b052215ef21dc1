"""A port whose reader can be called off: a driver may wait minutes for the end of a transmission.

Closing a port under its reader would do that as well, but the number of a closed file may belong to
another file by the time the reader uses it.
"""

from __future__ import annotations

import threading
import time

from firmware_bridge.errors import LinkLost
from firmware_bridge.port import Port

_LOOK_S = 0.25


class StoppablePort:
    """``port``, until ``stopping`` is set: reads then raise LinkLost within a quarter of a second.

    Writes and ``close`` still work, so a driver can let its device sleep.
    """

    def __init__(self, port: Port, stopping: threading.Event) -> None:
        self._port = port
        self._stopping = stopping

    def read(self, most_bytes: int, timeout_s: float) -> bytes:
        """See Port."""
        ends_s = time.monotonic() + timeout_s
        while True:
            if self._stopping.is_set():
                raise LinkLost("nobody waits for the device any more: the program stops")
            left_s = max(0.0, ends_s - time.monotonic())
            data = self._port.read(most_bytes, min(left_s, _LOOK_S))
            if data or left_s <= _LOOK_S:
                return data

    def write(self, data: bytes) -> None:
        """See Port."""
        self._port.write(data)

    def discard_input(self) -> None:
        """See Port."""
        self._port.discard_input()

    def close(self) -> None:
        """See Port."""
        self._port.close()
