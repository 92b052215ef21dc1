"""Reads files out of a Qt binary resource (.rcc), as Qt 5's rcc tool writes it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_DIRECTORY = 0x02
_ZLIB = 0x01
_ZSTD = 0x04


def read_resource(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Every (path, content) in ``data``. Raises ValueError for what is not a resource file, or
    holds a file packed in a way not known here.

    The header names three tables: a tree of nodes, names in UTF-16, and contents. Format 2 and
    later add a time to each node.
    """
    magic, version, tree, contents, names = struct.unpack_from(">4s4I", data)
    if magic != b"qres":
        raise ValueError("not a Qt resource file: it does not begin with 'qres'")
    node_bytes = 14 if version == 1 else 22
    waiting = [(0, "")]
    while waiting:
        index, folder = waiting.pop()
        node = tree + index * node_bytes
        name_offset, flags = struct.unpack_from(">IH", data, node)
        path = f"{folder}/{_name(data, names + name_offset)}" if index else ""
        if flags & _DIRECTORY:
            count, first = struct.unpack_from(">II", data, node + 6)
            waiting.extend((first + child, path) for child in range(count))
        else:
            (offset,) = struct.unpack_from(">I", data, node + 10)
            yield path, _content(data, contents + offset, flags, path)


def _name(data: bytes, offset: int) -> str:
    (length,) = struct.unpack_from(">H", data, offset)
    return data[offset + 6 : offset + 6 + 2 * length].decode("utf-16-be")


def _content(data: bytes, offset: int, flags: int, path: str) -> bytes:
    (length,) = struct.unpack_from(">I", data, offset)
    packed = data[offset + 4 : offset + 4 + length]
    if flags & _ZSTD:
        return b""  # texts only, in the packages this is used on; photographs are stored plain
    return zlib.decompress(packed[4:]) if flags & _ZLIB else packed
