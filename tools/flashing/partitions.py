"""Where the boot partition lies in an image or on a card: MBR and GPT, read without the kernel."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tools.flashing.errors import StampError

SECTOR_BYTES = 512
BOOT_LABEL = "IRBISBOOT"

_ENTRIES_AT = 446
_FAT_TYPES = {0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E, 0xEF}
_GPT_TYPE = 0xEE
_MOST_GPT_ENTRIES = 128


@dataclass(frozen=True, slots=True)
class FatPartition:
    """A FAT file system at ``offset`` bytes, with its label ("" where it has none)."""

    offset: int
    label: str


def find_boot(file: BinaryIO, origin: str) -> FatPartition:
    """The boot partition: the FAT one with Irbis's label, else the first FAT one there is.

    Raises StampError when there is none.
    """
    found = [fat for start in _starts(file) if (fat := _fat_at(file, start)) is not None]
    if not found:
        raise StampError(
            f"{origin}: has no FAT partition to stamp; is it a card or image that boots?"
        )
    return next((fat for fat in found if fat.label == BOOT_LABEL), found[0])


def _starts(file: BinaryIO) -> Iterator[int]:
    """Where partitions begin, in bytes; 0 as well, for a file system without a table."""
    table = _read(file, 0, SECTOR_BYTES)
    if len(table) < SECTOR_BYTES or table[510:] != b"\x55\xaa":
        return
    yield 0
    for index in range(4):
        kind, first = struct.unpack_from("<4xB3xI4x", table, _ENTRIES_AT + 16 * index)
        if kind == _GPT_TYPE:
            yield from _gpt_starts(file)
        elif kind in _FAT_TYPES:
            yield first * SECTOR_BYTES


def _gpt_starts(file: BinaryIO) -> Iterator[int]:
    header = _read(file, SECTOR_BYTES, 92)
    if len(header) < 92 or not header.startswith(b"EFI PART"):
        return
    at, count, size = struct.unpack_from("<QII", header, 72)
    if not 128 <= size <= 4096:
        return
    for index in range(min(count, _MOST_GPT_ENTRIES)):
        entry = _read(file, at * SECTOR_BYTES + index * size, 48)
        if len(entry) == 48 and any(entry[:16]):
            yield struct.unpack_from("<Q", entry, 32)[0] * SECTOR_BYTES


def _fat_at(file: BinaryIO, offset: int) -> FatPartition | None:
    """By the names that every formatter writes into the boot sector of FAT12, 16 and 32."""
    sector = _read(file, offset, SECTOR_BYTES)
    if len(sector) < SECTOR_BYTES or sector[510:] != b"\x55\xaa":
        return None
    for kind_at, label_at in ((54, 43), (82, 71)):
        if sector[kind_at : kind_at + 3] == b"FAT":
            label = sector[label_at : label_at + 11].decode("ascii", "replace").strip()
            return FatPartition(offset, label)
    return None


def _read(file: BinaryIO, at: int, size_bytes: int) -> bytes:
    try:
        file.seek(at)
        return file.read(size_bytes)
    except (OSError, OverflowError, ValueError):
        return b""  # a table may point anywhere
