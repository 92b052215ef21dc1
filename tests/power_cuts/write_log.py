"""The block-level write log that QEMU's blklogwrites driver keeps, in the format of dm-log-writes.

A superblock of one sector, then entries: a header of one sector (where, how many sectors, flags,
all little-endian 64-bit), and the sectors written. Source: QEMU, block/blklogwrites.c; Linux,
Documentation/admin-guide/device-mapper/log-writes.rst.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
"""The sector size that the log is kept with; a card writes no less at once."""

MAGIC = 0x6A736677736872
_SUPERBLOCK = struct.Struct("<QQQI")  # magic, version, number of entries, sector size
_HEADER = struct.Struct("<QQQQ")  # sector, number of sectors, flags, length of a note
_FLUSH, _FUA = 1, 2


class BadLog(ValueError):
    """The log is cut short, or holds what cannot be replayed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the card was told: first, if ``flush``, to make all before it durable; then to write
    ``data`` at ``offset`` (bytes), at once durably if ``fua`` (forced unit access)."""

    offset: int = 0
    data: bytes = field(default=b"", repr=False)
    flush: bool = False
    fua: bool = False


def count(path: Path) -> int:
    """How many entries the log at ``path`` has now: where a crash would cut it at this moment."""
    handle = os.open(path, os.O_RDONLY)
    try:
        return _entries(os.pread(handle, _SUPERBLOCK.size, 0))
    finally:
        os.close(handle)


def parse(log: bytes) -> list[Entry]:
    """All entries, in the order in which the card took them. Raises BadLog."""
    entries, at = [], SECTOR
    for number in range(_entries(log)):
        if at + SECTOR > len(log):
            raise BadLog(f"entry {number} stands past the end of the log")
        sector, sectors, flags, noted = _HEADER.unpack_from(log, at)
        at += SECTOR
        if flags & ~(_FLUSH | _FUA) or noted:
            raise BadLog(f"entry {number} is no write and no flush (flags {flags})")
        data = log[at : at + sectors * SECTOR]
        if len(data) != sectors * SECTOR:
            raise BadLog(f"entry {number} is cut short")
        at += len(data)
        entries.append(Entry(sector * SECTOR, data, bool(flags & _FLUSH), bool(flags & _FUA)))
    return entries


def _entries(superblock: bytes) -> int:
    if len(superblock) < _SUPERBLOCK.size:
        raise BadLog("the log has no superblock")
    magic, version, entries, sector = _SUPERBLOCK.unpack_from(superblock)
    if (magic, version, sector) != (MAGIC, 1, SECTOR):
        raise BadLog(f"not a log of version 1 with sectors of {SECTOR} bytes")
    return int(entries)
