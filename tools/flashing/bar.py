"""How far a long work on bytes is: a bar on a terminal, now and then a plain line in a pipe."""

from __future__ import annotations

import sys
import time
from typing import TextIO

CELLS = 30
PLAIN_EVERY_S = 10.0
BAR_EVERY_S = 0.1


class Bar:
    """Shows how much of ``total_bytes`` (0: not known) is done, on ``stream``, or stderr."""

    def __init__(self, what: str, total_bytes: int, stream: TextIO | None = None) -> None:
        self._what = what
        self._total = total_bytes
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._began = self._spoke = time.monotonic()
        self._done = 0

    @property
    def place(self) -> str:
        """How far it is, for a sentence: ``37 %``, or megabytes where the whole is not known."""
        if self._total == 0:
            return f"{self._done / 1e6:.0f} MB"
        return f"{min(100, 100 * self._done // self._total)} %"

    def add(self, size_bytes: int) -> None:
        """So many more bytes are done."""
        self._done += size_bytes
        pause = BAR_EVERY_S if self._terminal else PLAIN_EVERY_S
        if time.monotonic() - self._spoke >= pause:
            self._spoke = time.monotonic()
            self._say(self._line())

    def end(self) -> None:
        """The last word: all is done."""
        self._say(self._line())
        if self._terminal:
            self._write("\n")

    def cut(self) -> None:
        """It ends here, before all was done; what is said next begins a line of its own."""
        if self._terminal:
            self._write("\n")

    def _line(self) -> str:
        seconds = max(1e-3, time.monotonic() - self._began)
        mega, rate = self._done / 1e6, self._done / 1e6 / seconds
        share = f"{self.place:>5}  " if self._total else ""
        told = f"{self._what} {share}{mega:.0f} MB  {rate:.1f} MB/s"
        if not self._terminal or not self._total:
            return told
        cells = CELLS * self._done // self._total
        return f"[{'#' * cells}{'.' * (CELLS - cells)}] {told}"

    def _say(self, line: str) -> None:
        self._write(f"\r\x1b[K{line}" if self._terminal else f"{line}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
