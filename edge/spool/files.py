"""Evidence files: written whole or not at all, and durable before anything counts on them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from edge.spool.card import refused
from edge.spool.errors import CardFailing

SUFFIX = ".burst"
_PARTIAL = ".partial"
_BURST_ID = re.compile("[0-9a-f]{32}")


class EvidenceFiles:
    """One sealed file per burst, in 256 folders named by the first two digits of its id."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.failing: str | None = None
        """Why the last write failed, if the card itself does."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, burst_id: str) -> Path:
        return self._root / burst_id[:2] / f"{burst_id}{SUFFIX}"

    def write(self, burst_id: str, pieces: Iterable[bytes]) -> int:
        """Write a burst's evidence durably; its size in bytes.

        The bytes are synced under a temporary name, the name is changed, and the folder is synced:
        after a power cut there is the whole file or none. Raises SpoolFull and CardFailing, and
        leaves no rest.
        """
        path = self.path(burst_id)
        partial = path.with_suffix(_PARTIAL)
        try:
            if not path.parent.exists():
                path.parent.mkdir(mode=0o700)
                _sync_folder(self._root)
            size_bytes = _write_synced(partial, pieces)
            partial.rename(path)
            _sync_folder(path.parent)
        except OSError as error:
            with suppress(OSError):  # what stays is removed on opening
                partial.unlink(missing_ok=True)
            why = refused(path, error)
            self.failing = str(why) if isinstance(why, CardFailing) else None
            if why is not None:
                raise why from error
            raise
        self.failing = None
        return size_bytes

    def read(self, burst_id: str) -> bytes:
        """A burst's sealed bytes. Raises FileNotFoundError."""
        return self.path(burst_id).read_bytes()

    def size_bytes(self, burst_id: str) -> int | None:
        """The size of a burst's file; None where there is none."""
        try:
            return self.path(burst_id).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, burst_id: str) -> None:
        self.path(burst_id).unlink(missing_ok=True)

    def burst_ids(self) -> list[str]:
        """The ids of all whole files."""
        stems = (path.stem for path in self._root.glob(f"??/*{SUFFIX}"))
        return sorted(stem for stem in stems if _BURST_ID.fullmatch(stem))

    def remove_partial(self) -> int:
        """Remove what an interrupted write left; how many."""
        partials = list(self._root.glob(f"??/*{_PARTIAL}"))
        for path in partials:
            path.unlink(missing_ok=True)
        return len(partials)


def _write_synced(path: Path, pieces: Iterable[bytes]) -> int:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
