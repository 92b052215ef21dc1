"""A small value in a file of its own, for what must be remembered where the spool may be lost."""

from __future__ import annotations

import os
from pathlib import Path

_MOST_BYTES = 65_536


class MemoryFile:
    """A ``Memory`` in ``path``, readable by this user alone. A power cut leaves what was saved
    before, or what is saved now, where the card does not lie about having written it. No more than
    ``most_bytes`` of it are read."""

    def __init__(self, path: Path, most_bytes: int = _MOST_BYTES) -> None:
        self._path, self._most_bytes = path, most_bytes

    def load(self) -> bytes | None:
        """What was saved last; None where nothing was, or nothing can be read."""
        try:
            with self._path.open("rb") as file:
                return file.read(self._most_bytes)
        except OSError:
            return None

    def save(self, state: bytes) -> None:
        """Durable once it returns. Raises OSError: a full card, or one that is read-only."""
        new = self._path.with_name(f"{self._path.name}.new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(state)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        _sync_folder(self._path.parent)


def _sync_folder(path: Path) -> None:
    # Without this the rename itself may be lost.
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
