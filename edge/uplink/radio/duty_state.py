"""The ledger's record as bytes.

``IAL`` 1, the boot id (16 bytes), the time of saving (ms, 8), the number of windows (1), each
window, and the CRC-32 of all that. A window: the length of its name (1), the name in ASCII, whether
a transmission of it was under way (1), the number of its blocks (2), each block: its age (ms,
signed, 4) and its airtime (ms, 4). Big-endian.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from edge.errors import IrbisError

_HEAD = struct.Struct(">4s16sqB")
_MAGIC = b"IAL\x01"
_WINDOW = struct.Struct(">?H")
_BLOCK = struct.Struct(">iI")
_CRC = struct.Struct(">I")


class DamagedState(IrbisError, ValueError):
    """A record of airtime that cannot be read."""


@dataclass(frozen=True, slots=True)
class SavedWindow:
    """One limit's blocks, oldest first: how long ago each ended, and its airtime, in ms."""

    name: str
    on_air: bool
    blocks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SavedState:
    """What ``encode`` was given."""

    saved_ms: int
    boot_id: bytes
    windows: tuple[SavedWindow, ...]


def encode(saved_ms: int, boot_id: bytes, windows: Iterable[SavedWindow]) -> bytes:
    """The record. Raises ValueError for a boot id that is not 16 bytes."""
    if len(boot_id) != 16:
        raise ValueError(f"a boot id has 16 bytes, not {len(boot_id)}")
    windows = tuple(windows)
    parts = [_HEAD.pack(_MAGIC, boot_id, saved_ms, len(windows))]
    for window in windows:
        name = window.name.encode("ascii")
        parts += [bytes([len(name)]), name, _WINDOW.pack(window.on_air, len(window.blocks))]
        parts += [_BLOCK.pack(age, spent) for age, spent in window.blocks]
    body = b"".join(parts)
    return body + _CRC.pack(zlib.crc32(body))


def decode(data: bytes) -> SavedState:
    """Read a record. Raises DamagedState for anything that ``encode`` has not written."""
    body = data[: -_CRC.size]
    if len(data) < _CRC.size or _CRC.pack(zlib.crc32(body)) != data[-_CRC.size :]:
        raise DamagedState(_damaged("its checksum is wrong"))
    try:
        return _read(body)
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise DamagedState(_damaged(str(error))) from error


def _read(body: bytes) -> SavedState:
    magic, boot_id, saved_ms, count = _HEAD.unpack_from(body)
    if magic != _MAGIC:
        raise DamagedState(_damaged("it is of another kind or version"))
    place = _HEAD.size
    windows = []
    for _ in range(count):
        window, place = _read_window(body, place)
        windows.append(window)
    if place != len(body):
        raise DamagedState(_damaged(f"{len(body) - place} bytes follow its end"))
    return SavedState(saved_ms, boot_id, tuple(windows))


def _read_window(body: bytes, place: int) -> tuple[SavedWindow, int]:
    name_at = place + 1
    name_end = name_at + body[place]
    name = body[name_at:name_end].decode("ascii")
    on_air, count = _WINDOW.unpack_from(body, name_end)
    start = name_end + _WINDOW.size
    end = start + count * _BLOCK.size
    if end > len(body):
        raise DamagedState(_damaged("it is cut off"))
    blocks = tuple(_BLOCK.iter_unpack(body[start:end]))
    if any(older[0] < newer[0] for older, newer in pairwise(blocks)):
        raise DamagedState(_damaged(f"the blocks of {name} are not in order"))
    return SavedWindow(name, on_air, blocks), end


def _damaged(why: str) -> str:
    return f"the record of airtime cannot be read: {why}; the whole budget counts as spent"
