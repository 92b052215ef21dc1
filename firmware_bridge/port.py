"""A serial port as this package needs it, and the one that pyserial opens."""

from __future__ import annotations

from typing import Protocol

from firmware_bridge.errors import LinkLost


class Port(Protocol):
    """A line of bytes to one device. For one thread."""

    def read(self, most_bytes: int, timeout_s: float) -> bytes:
        """What has arrived, up to ``most_bytes``; waits for the first byte, empty after the wait.

        Raises LinkLost.
        """

    def write(self, data: bytes) -> None:
        """Send all of ``data``. Raises LinkLost."""

    def discard_input(self) -> None:
        """Forget what has arrived and was not read. Raises LinkLost."""

    def close(self) -> None:
        """Release the line; twice does no harm."""


class SerialPort:
    """A port of the operating system: a UART, a USB adapter, or a pty."""

    def __init__(self, path: str, baud: int = 115_200, write_timeout_s: float = 5.0) -> None:
        """Open ``path`` for this process alone, 8N1. Raises LinkLost."""
        import serial

        self._path = path
        self._serial_error = serial.SerialException
        try:
            self._serial = serial.Serial(
                path, baud, timeout=0, write_timeout=write_timeout_s, exclusive=True
            )
        except (serial.SerialException, ValueError) as error:
            raise LinkLost(
                f"{path}: cannot be opened ({error}): is the device plugged in, is another program"
                " using it, and may this user?"
            ) from error

    def read(self, most_bytes: int, timeout_s: float) -> bytes:
        """See Port."""
        try:
            self._serial.timeout = timeout_s
            first: bytes = self._serial.read(1)
            if not first:
                return b""
            self._serial.timeout = 0
            rest: bytes = self._serial.read(most_bytes - 1)
            return first + rest
        except (self._serial_error, OSError, TypeError) as error:
            # pyserial raises TypeError where the port was closed under a waiting read.
            raise LinkLost(f"{self._path}: gone while reading ({error})") from error

    def write(self, data: bytes) -> None:
        """See Port."""
        try:
            self._serial.write(data)
            self._serial.flush()
        except (self._serial_error, OSError, TypeError) as error:
            raise LinkLost(f"{self._path}: gone while writing ({error})") from error

    def discard_input(self) -> None:
        """See Port."""
        try:
            self._serial.reset_input_buffer()
        except (self._serial_error, OSError) as error:
            raise LinkLost(f"{self._path}: gone ({error})") from error

    def close(self) -> None:
        """See Port."""
        self._serial.close()
