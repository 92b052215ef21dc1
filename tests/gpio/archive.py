"""A folder as the kernel wants its first root: cpio in the "newc" form, uncompressed.

The form is described in the kernel's documentation, Documentation/driver-api/early-userspace/
buffer-format.rst: a header of 6 + 13 x 8 characters, name and content each padded to 4 bytes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_MAGIC = b"070701"
_LAST = "TRAILER!!!"


def write_cpio(folder: Path, left_out: frozenset[str], file: BinaryIO) -> None:
    """All below ``folder`` but what is called as in ``left_out`` (paths below it, or names), and
    what is below that."""
    for number, path in enumerate(_walk(folder, folder, left_out), 1):
        _entry(file, number, str(path.relative_to(folder)), path)
    _header(file, 0, _LAST, 0, 0, (0, 0))


def _walk(folder: Path, top: Path, left_out: frozenset[str]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in left_out or str(path.relative_to(top)) in left_out:
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path, top, left_out)


def _entry(file: BinaryIO, number: int, name: str, path: Path) -> None:
    told = path.lstat()
    device = (os.major(told.st_rdev), os.minor(told.st_rdev))
    content = b""
    if stat.S_ISREG(told.st_mode):
        content = path.read_bytes()
    elif stat.S_ISLNK(told.st_mode):
        content = os.fsencode(path.readlink())
    _header(file, number, name, told.st_mode, len(content), device)
    file.write(_padded(content))


def _header(
    file: BinaryIO, number: int, name: str, mode: int, size: int, device: tuple[int, int]
) -> None:
    called = os.fsencode(name) + b"\0"
    fields = (number, mode, 0, 0, 1, 0, size, 0, 0, *device, len(called), 0)
    file.write(_padded(_MAGIC + b"".join(b"%08x" % field for field in fields) + called))


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
