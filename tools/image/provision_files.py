"""Files of a system that is being changed: what is there, and replacing it whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

NEW = ".irbis-new"
"""Ends the name of what is not yet whole."""


@dataclass(frozen=True)
class Thing:
    """What one path is: nothing, a file, a link or a folder."""

    kind: str
    digest: str = ""
    """SHA-256 of a file's bytes; where a link points."""
    mode: int = 0
    uid: int = 0
    gid: int = 0

    def same(self, other: Thing) -> bool:
        """The same but for its owner."""
        return (self.kind, self.digest, self.mode) == (other.kind, other.digest, other.mode)


ABSENT = Thing("absent")


def look(path: Path) -> Thing:
    """What ``path`` is now; a link is not followed."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return ABSENT
    mode, owner = stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid)
    if stat.S_ISLNK(status.st_mode):
        return Thing("link", str(path.readlink()), 0, *owner)
    if stat.S_ISDIR(status.st_mode):
        return Thing("folder", "", mode, *owner)
    if stat.S_ISREG(status.st_mode):
        return Thing("file", digest_of(path), mode, *owner)
    return Thing("special", "", mode, *owner)


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(path: Path, content: bytes, mode: int, uid: int = 0, gid: int = 0) -> None:
    """Replace ``path``; a power cut leaves what was there before, or this."""
    new = path.with_name(path.name + NEW)
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        os.fchown(handle, uid, gid)
        os.fchmod(handle, mode)
        file.flush()
        os.fsync(handle)
    new.replace(path)
    sync_folder(path.parent)


def link(path: Path, target: str) -> None:
    new = path.with_name(path.name + NEW)
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(path)
    sync_folder(path.parent)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, and what was left of writing it."""
    for gone in (path, path.with_name(path.name + NEW)):
        if gone.is_dir() and not gone.is_symlink():
            shutil.rmtree(gone)
        else:
            gone.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync_folder(path.parent)


def remove_if_empty(folder: Path) -> None:
    """Remove a folder that holds nothing, or empty folders alone."""
    if not folder.is_dir() or folder.is_symlink():
        return
    for child in folder.iterdir():
        remove_if_empty(child)
    if not any(folder.iterdir()):
        folder.rmdir()


def sync_folder(path: Path) -> None:
    # Without this the rename itself may be lost.
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
