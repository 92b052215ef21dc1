"""Which zeros of an image count: a card that was used before holds something else in their place.

A block of zeros may be left out of a block map only where no file system looks at it: ext4 says
which blocks are free; of FAT everything counts up to the last cluster in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tools.image.bmap import BLOCK_BYTES
from tools.image.ext4 import numbers, run

Extent = tuple[int, int]
"""First byte, and the first one after."""

_GROUP = re.compile(r"^Group \d+: \(Blocks (\d+)-(\d+)\)")
_FREE = re.compile(r"^  Free blocks: ?(.*)$")
_SECTOR_BYTES = 512


def significant(image: Path, fat: Path, ext4: tuple[Path, ...], epoch: int) -> list[Extent]:
    """Extents of ``image`` whose zeros count. ``fat`` and ``ext4`` are the files that its four
    partitions were made of, in order. Raises ImageError."""
    starts = list(partition_starts(image))
    found = [(starts[0], starts[0] + fat_end(fat))]
    for start, part in zip(starts[1:], ext4, strict=True):
        told = run(["dumpe2fs", str(part)], epoch, part.parent)
        found += [(start + first, start + end) for first, end in used_extents(told)]
    return [(0, BLOCK_BYTES), *found]


def partition_starts(image: Path) -> Iterator[int]:
    """Where the four partitions of an MBR begin, in bytes."""
    with image.open("rb") as file:
        table = file.read(_SECTOR_BYTES)
    for entry in range(446, 446 + 4 * 16, 16):
        yield int.from_bytes(table[entry + 8 : entry + 12], "little") * _SECTOR_BYTES


def fat_end(fat: Path) -> int:
    """The end of what counts in a FAT32 file system, in bytes: its tables, and its content."""
    with fat.open("rb") as file:
        head = file.read(_SECTOR_BYTES)
        reserved = int.from_bytes(head[14:16], "little")
        end = (reserved + head[16] * int.from_bytes(head[36:40], "little")) * _SECTOR_BYTES
        end += head[13] * _SECTOR_BYTES  # the root folder
        at = 0
        while piece := file.read(1 << 20):
            if piece.count(0) != len(piece):
                end = max(end, _SECTOR_BYTES + at + len(piece))
            at += len(piece)
    return min(end, fat.stat().st_size)


def used_extents(told: str) -> Iterator[Extent]:
    """Extents of an ext4 that are in use, in bytes, from what dumpe2fs printed."""
    found = re.search(r"^Block size: +(\d+)$", told, re.M)
    size = int(found[1]) if found else BLOCK_BYTES
    group = (0, -1)
    for line in told.splitlines():
        if begun := _GROUP.match(line):
            group = (int(begun[1]), int(begun[2]))
        elif listed := _FREE.match(line):
            free = set(numbers(listed[1]))
            start = None
            for block in range(group[0], group[1] + 2):
                used = block <= group[1] and block not in free
                if used and start is None:
                    start = block
                elif not used and start is not None:
                    yield start * size, block * size
                    start = None
