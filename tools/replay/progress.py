"""How far a replay is: a bar on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import TextIO

BAR_CELLS = 32
PLAIN_EVERY_S = 10.0


class Progress:
    """Shows ``done`` of ``total`` on ``stream`` (stderr unless given), from any thread."""

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total = total
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._lock = threading.Lock()
        self._spoke_at = time.monotonic()
        self._shown = -1

    def show(self, done: int) -> None:
        with self._lock:
            if done == self._shown:
                return
            self._shown = done
            if self._terminal:
                cells = BAR_CELLS * done // max(1, self._total)
                bar = "#" * cells + "." * (BAR_CELLS - cells)
                self._write(f"\r[{bar}] {done}/{self._total} bursts ")
            elif time.monotonic() - self._spoke_at >= PLAIN_EVERY_S:
                self._spoke_at = time.monotonic()
                self._write(f"{done}/{self._total} bursts\n")

    def say(self, line: str) -> None:
        """A line of its own, the bar kept below it."""
        clear = "\r\x1b[K" if self._terminal else ""
        with self._lock:
            self._write(f"{clear}{line}\n")
            self._shown = -1

    def end(self) -> None:
        if self._terminal:
            with self._lock:
                self._write("\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
