"""Where effort is written down: lines that survive a power cut, and a mark that costs one block.

``effort.log`` is only ever added to, one checked line for each interval, in room that was taken
beforehand, so that a full card can still say that it was full. ``effort.mark`` tells how far the
interval that is going on had come: two places of 512 bytes, written in turn and in place, so that a
write that a power cut tears leaves the mark before it.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from pathlib import Path

LOG, MARK = "effort.log", "effort.mark"
AHEAD_BYTES = 65_536
"""Room taken at a time: a month of a station that is well."""
_PLACE_BYTES = 512
_PLACES_AT = (0, 4096)
"""In blocks of their own: a card that tears a block cannot damage both."""


class EffortFile:
    """``folder`` has one writer at a time. Nothing is opened before the first write."""

    def __init__(self, folder: Path) -> None:
        self._log, self._mark = folder / LOG, folder / MARK
        self._end: int | None = None
        self._turn = 0

    def lines(self) -> list[str]:
        """Every line that is whole, oldest first."""
        return read_lines(self._log.parent)

    def append(self, lines: Iterable[str]) -> None:
        """Durable once it returns. Raises OSError: a card that is read-only, or fuller than full;
        a line may then be written twice when it is tried again, which reading forgives."""
        data = b"".join(_checked(line) for line in lines)
        handle = os.open(self._log, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if self._end is None:
                self._end = _end_of(self._log.read_bytes())
            size = os.fstat(handle).st_size
            if self._end + len(data) > size:
                _take_room(handle, size, len(data))
            # What a torn write left of a line ends here, and is no line.
            _write_all(handle, b"\n" + data, self._end)
            os.fsync(handle)
            self._end += 1 + len(data)
        finally:
            os.close(handle)

    def mark(self, text: str, number: int) -> None:
        """Replace the mark. ``number`` rises with each. Durable once it returns; raises OSError."""
        data = _checked(f"{number} {text}").ljust(_PLACE_BYTES, b"\0")
        if len(data) > _PLACE_BYTES:
            raise OSError(f"{self._mark}: a mark of {len(data)} bytes is too long")
        handle = os.open(self._mark, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(handle).st_size < _PLACES_AT[-1] + _PLACE_BYTES:
                _write_all(handle, bytes(_PLACES_AT[-1] + _PLACE_BYTES), 0)
            _write_all(handle, data, _PLACES_AT[number % 2])
            os.fdatasync(handle)
        finally:
            os.close(handle)

    def marked(self) -> tuple[int, str] | None:
        """The newest mark that is whole, with its number."""
        return read_mark(self._mark.parent)


def read_lines(folder: Path) -> list[str]:
    """Every whole line of the log in ``folder``, oldest first; none where there is no log."""
    found: list[str] = []
    for raw in _content(folder / LOG).split(b"\n"):
        text = _unchecked(raw)
        if text is not None and (not found or found[-1] != text):
            found.append(text)
    return found


def read_mark(folder: Path) -> tuple[int, str] | None:
    """The newest whole mark in ``folder``, with its number; None where there is none."""
    data = _content(folder / MARK)
    found = []
    for place in _PLACES_AT:
        text = _unchecked(data[place : place + _PLACE_BYTES].rstrip(b"\0\n"))
        number, _, rest = (text or "").partition(" ")
        if number.isdecimal():
            found.append((int(number), rest))
    return max(found, default=None)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _end_of(data: bytes) -> int:
    return len(data.rstrip(b"\0"))


def _take_room(handle: int, size: int, needed: int) -> None:
    try:
        os.posix_fallocate(handle, size, max(AHEAD_BYTES, needed + 1))
    except OSError:
        return  # then the write itself finds room, or says that there is none


def _write_all(handle: int, data: bytes, at: int) -> None:
    """A card that is about to be full takes a part and says so by a number alone."""
    while data:
        taken = os.pwrite(handle, data, at)
        data, at = data[taken:], at + taken


def _checked(line: str) -> bytes:
    body = line.encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(body), body)


def _unchecked(raw: bytes) -> str | None:
    """The line in ``raw``, or None where it is torn, damaged or none."""
    check, _, body = raw.strip(b"\0").partition(b" ")
    try:
        whole = len(check) == 8 and int(check, 16) == zlib.crc32(body)
        return body.decode("ascii") if whole else None
    except ValueError:
        return None
