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
MOUNTS = Path("/proc/self/mountinfo")
_STOPPED = frozenset({"emergency_ro", "shutdown"})
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
        if not is_read_only(path.parent) and free_bytes(path.parent) < _ROOM_BYTES:
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
        return "it has become read-only" if is_read_only(path.parent) else why
    except OSError:
        return why


def is_read_only(folder: Path) -> bool:
    """Whether the file system of ``folder`` takes no writes, as far as the kernel says so. Raises
    OSError.

    ext4 after an error is mounted read-only (``statvfs``) up to Linux 6.14; since then it is so by
    a state of its own, which ``/proc/self/mountinfo`` shows as ``emergency_ro``.
    """
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return True
    device = folder.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
        mount, _, file_system = line.partition(" - ")
        if mount.split()[2] == number:
            return not _STOPPED.isdisjoint(file_system.split()[-1].split(","))
    return False


def _mount_of(path: Path) -> Path:
    """Where the file system of ``path`` is mounted."""
    folder = path.parent
    while not folder.is_mount() and folder != folder.parent:
        folder = folder.parent
    return folder
