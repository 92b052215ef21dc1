"""A person at a serial console, in a few lines: wait for words, type a command, read the answer."""

from __future__ import annotations

import codecs
import re
import socket
import time
from pathlib import Path


class Silence(AssertionError):
    """What was waited for did not come."""


class SerialConsole:
    """The far end of a machine's serial line, which QEMU offers as a Unix socket.

    All that was said is kept in ``said`` and written to ``log``.
    """

    def __init__(self, path: Path, log: Path, patience_s: float = 20.0) -> None:
        self._socket = _connect(path, patience_s)
        self._log = log.open("ab", buffering=0)
        self.said = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._seen = 0
        self._number = 0

    def close(self) -> None:
        self._socket.close()
        self._log.close()

    def expect(self, pattern: str, timeout_s: float) -> re.Match[str]:
        """Wait until ``pattern`` is said after what was last waited for."""
        end_s = time.monotonic() + timeout_s
        while True:
            found = re.compile(pattern).search(self.said, self._seen)
            if found is not None:
                self._seen = found.end()
                return found
            left_s = end_s - time.monotonic()
            if left_s <= 0 or not self._read(min(left_s, 1.0)):
                raise Silence(
                    f"{pattern!r} was not said within {timeout_s:.0f} s; at the end:\n"
                    f"{self.said[-1500:]}"
                )

    def run(self, command: str, timeout_s: float = 120.0) -> tuple[int, str]:
        """Type ``command`` into the root shell; its exit code, and what it printed."""
        self._number += 1
        mark = f"irbis{self._number}"
        # The terminal echoes the line; the marks, which the shell puts together, are not in it.
        told = f"printf '%s%s %d\\n' {mark[:3]} {mark[3:]}"
        self._socket.sendall(f"{told}-on 0; {command}; {told}-off $?\n".encode())
        self.expect(rf"{mark}-on 0\r?\n", timeout_s)
        start = self._seen
        found = self.expect(rf"{mark}-off (\d+)", timeout_s)
        printed = self.said[start : found.start()].replace("\r\n", "\n").strip()
        return int(found[1]), printed

    def ask(self, command: str, timeout_s: float = 120.0) -> str:
        """What ``command`` printed; it must succeed."""
        code, printed = self.run(command, timeout_s)
        assert code == 0, f"{command}: exit {code}\n{printed}"
        return printed

    def _read(self, timeout_s: float) -> bool:
        """Read what there is; False once the machine has hung up."""
        self._socket.settimeout(timeout_s)
        try:
            piece = self._socket.recv(65536)
        except TimeoutError:
            return True
        self._log.write(piece)
        self.said += self._decoder.decode(piece)
        return bool(piece)


def _connect(path: Path, patience_s: float) -> socket.socket:
    end_s = time.monotonic() + patience_s
    while True:
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(str(path))
            return line
        except OSError:
            line.close()
            if time.monotonic() > end_s:
                raise
            time.sleep(0.1)
