"""Evidence files: written whole, or as they grow, and durable before anything counts on them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.spool.card import refused
from edge.spool.contents import frames_in
from edge.spool.errors import CardFailing

SUFFIX = ".burst"
_PARTIAL = ".partial"
_GROWING = ".growing"
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
        with self._written(path, partial):
            size_bytes = _write_synced(partial, pieces)
            partial.rename(path)
            _sync(path.parent)
        return size_bytes

    def grow(self, burst_id: str, pieces: Iterable[bytes], begins: bool) -> int:
        """Write more of a burst's evidence durably, behind what there is, or where it ``begins``;
        the size in bytes.

        After a power cut what was there before this call is there, and any part of ``pieces``.
        Raises SpoolFull and CardFailing, and then nothing of the file is left.
        """
        path = self.path(burst_id)
        growing = path.with_suffix(_GROWING)
        with self._written(path, growing):
            size_bytes = _write_synced(growing, pieces, os.O_TRUNC if begins else os.O_APPEND)
            if begins:
                _sync(path.parent)
        return size_bytes

    def grown(self, burst_id: str) -> None:
        """What ``grow`` wrote is all there is. Raises CardFailing, and leaves no rest."""
        path = self.path(burst_id)
        growing = path.with_suffix(_GROWING)
        with self._written(path, growing):
            growing.rename(path)
            _sync(path.parent)

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

    def keep_growing(self) -> None:
        """Make files of what interrupted processes let grow, if there is a frame in it; the rest is
        removed. Raises SpoolFull and CardFailing, and may be called again."""
        for growing in list(self._root.glob(f"??/*{_GROWING}")):
            path = self.path(growing.stem)
            named = _BURST_ID.fullmatch(growing.stem) and path.parent == growing.parent
            if named and not path.exists() and frames_in(growing.read_bytes()):
                with self._written(path):
                    _sync(growing)  # a process that was killed need not have
                    growing.rename(path)
                    _sync(path.parent)
            else:
                growing.unlink(missing_ok=True)

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

    @contextmanager
    def _written(self, path: Path, unfinished: Path | None = None) -> Iterator[None]:
        """While ``path`` is written, in a folder that is made where it is missing. What fails takes
        ``unfinished`` along, and is told as SpoolFull or CardFailing where it is the card."""
        try:
            if not path.parent.exists():
                path.parent.mkdir(mode=0o700)
                _sync(self._root)
            yield
        except OSError as error:
            if unfinished is not None:
                with suppress(OSError):  # what stays is dealt with on opening
                    unfinished.unlink(missing_ok=True)
            why = refused(path, error)
            self.failing = str(why) if isinstance(why, CardFailing) else None
            if why is not None:
                raise why from error
            raise
        self.failing = None


def _write_synced(path: Path, pieces: Iterable[bytes], where: int = os.O_TRUNC) -> int:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | where, 0o600)
    with os.fdopen(handle, "ab" if where == os.O_APPEND else "wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
