"""Content-addressed files: each content once, whole or not at all, durable before it counts.

Several threads may put the same content at once: each writes a file of its own, and whoever is last
puts the same bytes in the place of the same bytes.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import mkstemp

from tools.basecamp.errors import StoreError

_PARTIAL = ".partial"


class ContentFiles:
    """Files named by the SHA-256 of their bytes, in 256 folders; names are never a sender's."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, sha256: str, suffix: str) -> Path:
        return self._root / sha256[:2] / f"{sha256}{suffix}"

    def put(self, data: bytes, suffix: str) -> str:
        """Keep ``data`` durably; its SHA-256 in hexadecimal. Raises StoreError."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256, suffix)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                _write_whole(path, data)
            # Also for a file that was there: a process that died before it came this far may have
            # left a name that is not durable yet.
            for folder in (path.parent, self._root, self._root.parent):
                _sync_folder(folder)
        except OSError as error:
            raise StoreError(f"{path}: cannot be written: {error.strerror or error}") from error
        return sha256

    def remove_partial(self) -> None:
        """Remove what an interrupted write left."""
        for path in self._root.glob(f"??/*{_PARTIAL}"):
            path.unlink(missing_ok=True)


def _write_whole(path: Path, data: bytes) -> None:
    handle, name = mkstemp(_PARTIAL, path.stem, path.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except OSError:
        partial.unlink()  # on a full disk each try would leave one more
        raise


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
