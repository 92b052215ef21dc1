"""Writing and erasing so that a power cut finds the old or the new, never half of one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_NEW = ".new"


def write(path: Path, content: bytes, mode: int | None, group: int | None = None) -> None:
    """Put ``content`` in place of what ``path`` holds, synced with its folder. Raises OSError.

    FAT knows no modes: None there.
    """
    new = path.with_name(f".{path.name}{_NEW}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        if group is not None:
            os.fchown(file.fileno(), -1, group)
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def make_folder(path: Path, mode: int) -> None:
    """Make ``path``, durably, with the folders above it. Raises OSError."""
    if path.is_dir():
        return
    make_folder(path.parent, 0o755)
    path.mkdir(mode=mode, exist_ok=True)
    sync_folder(path.parent)


def erase(path: Path) -> None:
    """Write zeros over a file, then remove it. Raises OSError.

    The card's controller puts the zeros into other cells and keeps the old ones until it needs
    them: what a laboratory finds there is not taken away. What a laptop finds is.
    """
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return
    sync_folder(path.parent)


def remove(path: Path) -> None:
    """Remove a file or folder if it is there, durably. Raises OSError."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make names in ``path`` durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
