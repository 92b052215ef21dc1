"""What it means when a card does not take what is written: it is full, or it fails.

A card wears out. Its last sign of life is often that the kernel turns its file system read-only;
before that single writes may fail. Neither is mended by giving up evidence, as a full card is.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from edge.spool.errors import CardFailing, SpoolFull

CARD_FAILING = "card-failing"
"""The alarm that stands while the card takes no writes. It lives in memory: where else?"""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FAILING = frozenset(
    {errno.EIO, errno.EROFS, errno.ENXIO, errno.ENODEV, errno.EREMOTEIO, errno.EUCLEAN}
)
_ROOM_BYTES = 1_048_576
"""With less than this, a write that failed for no known reason found no room."""


def free_bytes(path: Path) -> int:
    """What a user without privileges may still write on the file system of ``path``."""
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


def refused(path: Path, error: OSError) -> SpoolFull | CardFailing | None:
    """Why ``path`` could not be written; None where that has nothing to do with the card."""
    if error.errno in _FULL:
        return full(path)
    if error.errno in _FAILING:
        return failing(path, os.strerror(error.errno or 0))
    return None


def full_or_failing(path: Path, why: str) -> SpoolFull | CardFailing:
    """The same for a write that failed with ``why`` and no further reason: the card itself says."""
    try:
        found = os.statvfs(path.parent)
        if not found.f_flag & os.ST_RDONLY and free_bytes(path.parent) < _ROOM_BYTES:
            return full(path)
    except OSError:
        pass  # not even that can be asked
    return failing(path, why)


def full(path: Path) -> SpoolFull:
    return SpoolFull(f"{path}: no room left on the card")


def failing(path: Path, why: str) -> CardFailing:
    """One text for all that is not written on one card: a person must hear of it once."""
    return CardFailing(
        f"the card below {_mount_of(path)} takes no writes ({_how(path, why)}): nothing more is"
        " caught until that ends; switch the station off and on, and change the card"
    )


def _how(path: Path, why: str) -> str:
    try:
        read_only = os.statvfs(path.parent).f_flag & os.ST_RDONLY
    except OSError:
        return why
    return "it has become read-only" if read_only else why


def _mount_of(path: Path) -> Path:
    """Where the file system of ``path`` is mounted."""
    folder = path.parent
    while not folder.is_mount() and folder != folder.parent:
        folder = folder.parent
    return folder
