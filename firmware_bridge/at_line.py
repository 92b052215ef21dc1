"""Lines of an AT command set over a port: bounded, tolerant of noise, never stuck.

Modems end lines by CR LF, LF or CR, add blank lines, echo the command, and send garbage when their
supply dips. A reader that waits for a line that never ends would grow or hang; this one forgets
an overlong line and goes on after the next line end.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from firmware_bridge.port import Port

# The longest documented line: a downlink of 242 bytes in hexadecimal, with spaces, and its frame.
MOST_LINE_BYTES = 1024
_READ_BYTES = 256
_NO_TEXT = "\ufffd"
# A clock that is not the port's (of a simulation, say) is looked at this often.
_LOOK_S = 0.25
# What can lie in the buffers of an operating system's UART, with plenty to spare: reading more
# than this without waiting means that something floods the line.
_MOST_PENDING_READS = 256


class AtLine:
    """The line to one modem. For one thread."""

    def __init__(self, port: Port, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = port
        self._clock = clock
        self._bytes = bytearray()
        self._skipping = False
        self._lines: list[str] = []

    def send(self, command: str) -> None:
        """Write one command. Raises LinkLost."""
        self._port.write(command.encode("ascii") + b"\r\n")

    def end_line(self) -> None:
        """End whatever half command the modem may have in its buffer. Raises LinkLost."""
        self._port.write(b"\r\n")

    def deadline(self, timeout_s: float) -> float:
        """When ``timeout_s`` from now is over, for ``next``."""
        return self._clock() + timeout_s

    def next(self, deadline_s: float) -> str | None:
        """The next line with something in it, stripped; None when ``deadline_s`` has passed.

        Bytes that are no printable ASCII are left out at its start, and marked within. Raises
        LinkLost.
        """
        while True:
            left_s = deadline_s - self._clock()
            if left_s <= 0:
                # Even with a line at hand: a line that never stops must not stop its reader.
                return None
            if self._lines:
                return self._lines.pop(0)
            self._take(self._port.read(_READ_BYTES, min(left_s, _LOOK_S)))

    def pending(self) -> list[str]:
        """Every whole line that has arrived already, without waiting. Raises LinkLost."""
        for _ in range(_MOST_PENDING_READS):
            data = self._port.read(_READ_BYTES, 0.0)
            if not data:
                break
            self._take(data)
        lines, self._lines = self._lines, []
        return lines

    def close(self) -> None:
        """Release the port."""
        self._port.close()

    def _take(self, data: bytes) -> None:
        for byte in data:
            if byte in b"\r\n":
                self._end_line()
            elif not self._skipping:
                self._bytes.append(byte)
                if len(self._bytes) > MOST_LINE_BYTES:
                    self._bytes.clear()
                    self._skipping = True

    def _end_line(self) -> None:
        raw, self._skipping = bytes(self._bytes), False
        self._bytes.clear()
        text = "".join(chr(byte) if 32 <= byte < 127 else _NO_TEXT for byte in raw)
        # A UART without power sends a few wrong bytes before the first line.
        text = text.lstrip(_NO_TEXT + " ").rstrip()
        if text:
            self._lines.append(text)
