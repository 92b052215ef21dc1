"""The device's end of a serial line that is a pty: a driver opens the other end by its path."""

from __future__ import annotations

import contextlib
import os
import select
import tty


class PtyLine:
    """A pty in raw mode. Like a UART it never waits for its reader: what finds no room is lost."""

    def __init__(self) -> None:
        self._device, self._host = os.openpty()
        # Held open here as well, so that a driver may come and go without the line ending.
        tty.setraw(self._host)
        os.set_blocking(self._device, False)
        self.path = os.ttyname(self._host)
        """What a driver opens."""

    def fileno(self) -> int:
        """For select."""
        return self._device

    def read(self) -> bytes:
        """What the driver has written, at most 4096 bytes; empty where there is nothing."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self._device, 4096)
        return b""

    def write(self, data: bytes) -> int:
        """Send ``data``; returns how many bytes of it found room."""
        with contextlib.suppress(BlockingIOError):
            return os.write(self._device, data)
        return 0

    def has_room(self) -> bool:
        """Whether the driver reads what it is sent."""
        return bool(select.select([], [self._device], [], 0)[1])

    def close(self) -> None:
        """End the line: a driver finds its device gone. Twice does no harm."""
        for end in (self._device, self._host):
            if end >= 0:
                os.close(end)
        self._device = self._host = -1
