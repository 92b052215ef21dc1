"""Data folders for a hundred examples of one property."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

_MEMORY = Path("/dev/shm")


def brief_folder() -> TemporaryDirectory[str]:
    """A folder that is gone afterwards; in memory where there is some, for every commit syncs."""
    return TemporaryDirectory(prefix="irbis-test-", dir=_MEMORY if _MEMORY.is_dir() else None)
