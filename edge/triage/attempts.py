"""Counts how often judging one burst was begun, so that a burst that kills the process is met
with a verdict instead of being tried for ever."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

MAX_ATTEMPTS = 30
"""High, because a process may be killed for reasons that have nothing to do with the burst."""


class Attempts:
    """The count of the burst in work, kept in memory that outlives the process.

    It is worth no write to the card: after a power cut the count starts anew, without a
    ``memory_dir`` with every process.
    """

    def __init__(self, memory_dir: Path | None, name: str) -> None:
        self._path = memory_dir / f"{name}.attempts" if memory_dir else None
        self._last = ("", 0)

    def begin(self, burst_id: str) -> int:
        """Note that judging begins; how many times it has begun for this burst, this one too."""
        count = self._count(burst_id) + 1
        self._last = (burst_id, count)
        if self._path is None:
            return count
        with suppress(OSError):  # memory that is full or gone must not keep a burst from its judge
            self._path.write_text(f"{burst_id} {count}", encoding="ascii")
        return count

    def end(self) -> None:
        """The burst is settled."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()

    def _count(self, burst_id: str) -> int:
        if self._path is None:
            return self._last[1] if self._last[0] == burst_id else 0
        try:
            last, count = self._path.read_text(encoding="ascii").split()
            return int(count) if last == burst_id else 0
        except (OSError, ValueError):
            return 0
