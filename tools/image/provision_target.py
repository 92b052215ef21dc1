"""A system to work on: this one, one that is mounted, or one in an image file."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.image.errors import ImageError
from tools.image.programs import call, need

_SECTOR_BYTES = 512


@dataclass(frozen=True)
class Extent:
    """A partition within an image: where, and its number in the table (0: there is no table)."""

    number: int
    start_bytes: int
    size_bytes: int


@contextmanager
def opened(target: Path) -> Iterator[Path]:
    """The root of the system in ``target``, a folder or an image file; an image is mounted here
    and let go at the end. Raises ImageError."""
    if os.geteuid() != 0:
        raise ImageError(f"{target} belongs to root; try: sudo irbis ...")
    if target.is_dir():
        yield target.resolve()
        return
    if not target.is_file():
        raise ImageError(f"{target} is neither a folder nor an image; a card is mounted first")
    with tempfile.TemporaryDirectory(prefix="irbis-root-") as folder:
        mount_root(target, Path(folder))
        try:
            yield Path(folder)
        finally:
            call(["umount", folder], f"unmounting {target}")


def mount_root(image: Path, folder: Path) -> None:
    """Mount the partition of ``image`` that holds a system. Raises ImageError."""
    need("mount", "umount", "sfdisk")
    for extent in extents(image):
        try:
            _mount(image, extent, folder, "ro,noload")
        except ImageError:
            continue  # another file system than ext4, or swap
        found = (folder / "etc").is_dir() and (folder / "usr").is_dir()
        call(["umount", str(folder)], f"unmounting {image}")
        if found:
            _mount(image, extent, folder, "rw")
            return
    raise ImageError(f"{image} has no partition with an ext4 system on it")


def extents(image: Path) -> list[Extent]:
    """The partitions of ``image``; the whole of it where it has no table."""
    try:
        table = json.loads(call(["sfdisk", "--json", str(image)], "reading the partition table"))
        listed = table["partitiontable"]["partitions"]
    except (ImageError, KeyError):
        return [Extent(0, 0, image.stat().st_size)]
    return [
        Extent(number, part["start"] * _SECTOR_BYTES, part["size"] * _SECTOR_BYTES)
        for number, part in enumerate(listed, start=1)
    ]


def grow(image: Path, more_mb: int) -> None:
    """Make ``image``, its last partition and the ext4 in it ``more_mb`` (10^6 bytes) larger. Raises
    ImageError."""
    need("sfdisk", "losetup", "e2fsck", "resize2fs")
    os.truncate(image, image.stat().st_size + more_mb * 1_000_000 // 4096 * 4096)
    last = max(extents(image), key=lambda extent: extent.start_bytes)
    if last.number:
        _stretch(image, last.number)
        last = max(extents(image), key=lambda extent: extent.start_bytes)
    where = ["--offset", str(last.start_bytes), "--sizelimit", str(last.size_bytes)]
    if not last.number:
        where = []
    loop = call(["losetup", "--find", "--show", *where, str(image)], "opening the image").strip()
    try:
        checking = 'e2fsck -f -p "$1" || [ $? -eq 1 ]'  # 1: it mended something
        call(["sh", "-c", checking, "sh", loop], f"checking the last partition of {image}")
        call(["resize2fs", loop], f"growing the last partition of {image}")
    finally:
        call(["losetup", "--detach", loop], "closing the image")


def _stretch(image: Path, number: int) -> None:
    command = f"echo ', +' | sfdisk --quiet --no-reread -N {number} \"$1\""
    call(["sh", "-c", command, "sh", str(image)], f"growing partition {number} of {image}")


def _mount(image: Path, extent: Extent, folder: Path, options: str) -> None:
    where = f"loop,offset={extent.start_bytes},sizelimit={extent.size_bytes}"
    command = ["mount", "-t", "ext4", "-o", f"{options},{where}", str(image), str(folder)]
    call(command, f"mounting {image}")
