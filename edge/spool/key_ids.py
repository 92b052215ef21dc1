"""Which radio keys were ever begun, in a small file beside the database.

The database may be damaged and set aside, and with it what it knew of spent counters. The keys that
it used stand here too, so that the next database begins with another.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Collection
from pathlib import Path

from edge.spool.errors import SpoolError, SpoolFull

KEY_IDS = 64
_TEXT = re.compile(r"([0-9a-f]{16}) ([0-9a-f]{8})\n")


class KeyIds:
    """The ids of the keys with this fingerprint that were begun in ``folder``; each 0..63."""

    def __init__(self, folder: Path, fingerprint: bytes) -> None:
        self._path = folder / f"radio-keys-{fingerprint.hex()}"

    def used(self) -> frozenset[int]:
        """Raises SpoolError where the file is damaged, for then nobody knows."""
        try:
            text = self._path.read_text(encoding="ascii")
        except FileNotFoundError:
            return frozenset()
        except (OSError, UnicodeDecodeError) as error:
            raise self._damaged(error) from error
        found = _TEXT.fullmatch(text)
        if found is None or found[2] != _check(found[1]):
            raise self._damaged("its check does not fit")
        bits = int(found[1], 16)
        return frozenset(key_id for key_id in range(KEY_IDS) if bits >> key_id & 1)

    def add(self, key_ids: Collection[int]) -> None:
        """Durable when it returns. Raises SpoolFull, SpoolError."""
        bits = f"{sum(1 << key_id for key_id in self.used().union(key_ids)):016x}"
        try:
            _replace(self._path, f"{bits} {_check(bits)}\n".encode())
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise SpoolFull(f"{self._path}: no room left on the card") from error
            raise SpoolError(f"{self._path}: cannot be written: {error.strerror}") from error

    def _damaged(self, why: object) -> SpoolError:
        return SpoolError(
            f"{self._path}: cannot be read: {why}; which radio keys were used is not known any"
            " more: give the station a new key with: irbis keys station"
        )


def _check(bits: str) -> str:
    return hashlib.blake2b(bits.encode(), digest_size=4).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    """The old content or the new, whatever happens in between."""
    partial = path.with_suffix(".partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
