"""AT commands of an Iridium 9602 or 9603 over a port, and its two binary transfers.

Commands end with a CR alone: a LF after it would be the first byte of a message behind +SBDWB.
Echo, blank lines and unsolicited lines may come at any time. Memory is bounded: of a line without
an end only the last bytes are kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from firmware_bridge.errors import NoReply, Refused
from firmware_bridge.iridium_codes import WriteStatus
from firmware_bridge.iridium_frames import checksum, find_message, padding
from firmware_bridge.port import Port

_MOST_LINE_BYTES = 256
_READ_BYTES = 512
# As many as a UART's and an operating system's buffers can hold; then something floods the line.
_MOST_STALE_READS = 64
_UNSOLICITED = ("SBDRING", "+CIEV:", "+AREG:")
_FAILURES = ("ERROR", "HARDWARE FAILURE")


class SbdLine:
    """The line to one modem. For one thread."""

    def __init__(
        self,
        port: Port,
        unsolicited: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``unsolicited`` is called with every line that answers no command."""
        self._port = port
        self._unsolicited = unsolicited
        self._clock = clock
        self._pending = bytearray()

    def command(self, text: str, timeout_s: float, answer: str = "") -> str:
        """Say ``AT<text>`` and return the line that starts with ``answer``, once OK came.

        Raises NoReply, Refused (ERROR, or a hardware failure) and LinkLost.
        """
        self.listen()
        self._port.write(f"AT{text}\r".encode("ascii"))
        deadline_s = self._clock() + timeout_s
        found = None
        while True:
            line = self._line(deadline_s, text)
            if line.startswith(_FAILURES):
                raise Refused(f"the modem answered {line} to AT{text}", line.partition(":")[0])
            if found is None and answer and line.startswith(answer):
                found = line
            if line == "OK" and (found is not None or not answer):
                return found or ""

    def digit(self, text: str, timeout_s: float) -> int:
        """Say a command that answers with a digit, such as +SBDD0. Raises as ``command``."""
        self.listen()
        self._port.write(f"AT{text}\r".encode("ascii"))
        return self._digit(self._clock() + timeout_s, text)

    def write_message(self, message: bytes, timeout_s: float) -> WriteStatus:
        """Put ``message`` into the MO buffer, with +SBDWB; what was in it is gone.

        Raises NoReply, Refused and LinkLost.
        """
        text = f"+SBDWB={len(message)}"
        self.listen()
        self._port.write(f"AT{text}\r".encode("ascii"))
        try:
            early = self._ready(self._clock() + timeout_s, text)
            if early is None:
                self._port.write(message + checksum(message))
                early = self._digit(self._clock() + timeout_s, text)
        except NoReply:
            # A modem that still waits for the message would take the next commands for it.
            self._port.write(padding(len(message)))
            raise
        return WriteStatus(early)

    def read_message(self, timeout_s: float) -> bytes:
        """The message in the MT buffer, empty where there is none, with +SBDRB. It stays there.

        Raises NoReply, FrameError (read again) and LinkLost.
        """
        self.listen()
        self._pending.clear()
        self._port.write(b"AT+SBDRB\r")
        deadline_s = self._clock() + timeout_s
        data = bytearray()
        found = None
        while found is None:
            left_s = deadline_s - self._clock()
            if left_s <= 0:
                raise NoReply("the modem did not answer +SBDRB in its time: is it switched on?")
            data += self._port.read(_READ_BYTES, left_s)
            found = find_message(bytes(data))
        message, end = found
        self._pending += data[end:]
        return message

    def resync(self, timeout_s: float, step_s: float) -> None:
        """Ask ``AT`` every ``step_s`` until the modem answers. Raises NoReply and LinkLost."""
        deadline_s = self._clock() + timeout_s
        while True:
            try:
                self.command("", step_s)
            except (NoReply, Refused):
                if self._clock() >= deadline_s:
                    raise NoReply(
                        f"the modem did not answer AT for {timeout_s:g} s: is it switched on?"
                    ) from None
            else:
                # Answers to the attempts that it had heard all the same, or to what came before;
                # but something that never falls silent must not hold its reader up.
                quiet_by_s = max(deadline_s, self._clock() + step_s)
                while self.wait(step_s / 10) and self._clock() < quiet_by_s:
                    pass
                return

    def listen(self) -> None:
        """Take in unsolicited lines that came, and forget stale answers. Raises LinkLost."""
        for _ in range(_MOST_STALE_READS):
            if not self.wait(0.0):
                return

    def wait(self, timeout_s: float) -> bool:
        """Wait for anything the modem says of itself; False when it was silent. Raises LinkLost."""
        data = self._port.read(_READ_BYTES, timeout_s)
        self._take(data)
        while (line := self._next_line()) is not None:
            if line.startswith(_UNSOLICITED):
                self._unsolicited(line)
        return bool(data)

    def _ready(self, deadline_s: float, text: str) -> int | None:
        """None at READY, or the status that came instead of it."""
        while True:
            line = self._line(deadline_s, text)
            if line == "READY":
                return None
            if line in ("1", "2", "3"):
                return int(line)
            if line.startswith(_FAILURES):
                raise Refused(f"the modem answered {line} to AT{text}", line.partition(":")[0])

    def _digit(self, deadline_s: float, text: str) -> int:
        while True:
            line = self._line(deadline_s, text)
            if line in ("0", "1", "2", "3"):
                return int(line)
            if line.startswith(_FAILURES):
                raise Refused(f"the modem answered {line} to AT{text}", line.partition(":")[0])

    def _line(self, deadline_s: float, text: str) -> str:
        """The next line that is not unsolicited. Raises NoReply when ``deadline_s`` has passed."""
        while True:
            line = self._next_line()
            if line is not None:
                if not line.startswith(_UNSOLICITED):
                    return line
                self._unsolicited(line)
                continue
            left_s = deadline_s - self._clock()
            if left_s <= 0:
                raise NoReply(f"the modem did not answer AT{text} in its time: is it switched on?")
            self._take(self._port.read(_READ_BYTES, left_s))

    def _take(self, data: bytes) -> None:
        self._pending += data

    def _next_line(self) -> str | None:
        while True:
            ends = [at for at in (self._pending.find(b"\r"), self._pending.find(b"\n")) if at >= 0]
            if not ends:
                del self._pending[:-_MOST_LINE_BYTES]
                return None
            raw = bytes(self._pending[: min(ends)])
            del self._pending[: min(ends) + 1]
            text = raw.decode("ascii", errors="replace").strip()
            if text:
                return text
