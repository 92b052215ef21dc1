"""What the structure of a JPEG tells without decoding it (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
from dataclasses import dataclass

SIGNATURE = b"\xff\xd8\xff"
END_OF_IMAGE = b"\xff\xd9"

_SOS, _EOI = 0xDA, 0xD9
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""Inside entropy-coded data 0xFF is followed by 0x00 or a restart marker, else the scan is over."""
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_DEAD_SECTOR = bytes(512)
"""A card writes whole sectors; one that never arrived reads back as zeros,"""
_ERASED = b"\xff" * 64
"""or, where the flash was erased and never written, as ones. No encoder pads that long."""
_DRI = 0xDD
_BETWEEN_SCANS = frozenset({_SOS, _EOI, 0xC4, 0xDB, _DRI, 0xDC, 0xFE, *range(0xE0, 0xF0)})
"""What may follow a scan: another, the end, tables, restart interval, lines, comments, APPn."""


@dataclass(frozen=True, slots=True)
class JpegStructure:
    """``damage`` says what is missing, or is None.

    ``whole_bytes`` is None where the picture has its end; else how many bytes from the start make
    up whole segments and the last scan as far as it goes.
    """

    progressive: bool
    whole_bytes: int | None
    damage: str | None


def inspect(data: bytes) -> JpegStructure:
    """Walk the segments of ``data``, which starts with ``SIGNATURE``, up to its first EOI.

    What follows the EOI (previews, makers' trailers) is no part of the picture. Never raises.
    """
    position, progressive, scans, restarts = 2, False, 0, False
    dead: int | None = None
    while True:
        start = _marker_at(data, position)
        length = int.from_bytes(data[start + 2 : start + 4], "big") if start >= 0 else 0
        marker = data[start + 1] if start >= 0 else None
        if marker == _EOI:
            return JpegStructure(progressive, None, _complaint(scans, dead))
        if marker is not None and marker in _STANDALONE:
            position = start + 2
            continue
        position = start + 2 + max(length, 2)
        if marker is None or position >= len(data):
            whole = len(data) if marker is None else start
            return JpegStructure(progressive, whole, f"truncated JPEG after {len(data)} bytes")
        progressive = progressive or marker in _PROGRESSIVE
        if marker == _SOS:
            scans += 1
            end = _end_of_scan(data, position)
            if dead is None:
                dead = _hurt_at(data, position, end, restarts)
            position = end
        restarts = restarts or marker == _DRI


def _complaint(scans: int, dead: int | None) -> str | None:
    if scans == 0:
        return "damaged JPEG: it ends before any picture data"
    return None if dead is None else f"damaged JPEG: lost or foreign bytes near byte {dead}"


def _hurt_at(data: bytes, start: int, end: int, restarts: bool) -> int | None:
    """Where the scan from ``start`` to ``end`` shows bytes that no encoder wrote, or None.

    ``restarts`` tells whether a restart interval was defined; without one, a restart marker in a
    scan is noise, as is any marker after it that cannot stand there.
    """
    found = [data.find(pattern, start, end) for pattern in (_DEAD_SECTOR, _ERASED)]
    if not restarts and (restart := _RESTART.search(data, start, end)) is not None:
        found.append(restart.start())
    if end < len(data) - 1 and data[end + 1] not in _BETWEEN_SCANS:
        found.append(end)
    return min((position for position in found if position >= 0), default=None)


def _marker_at(data: bytes, position: int) -> int:
    found = _NEXT_MARKER.search(data, position)
    return -1 if found is None else found.start()


def _end_of_scan(data: bytes, position: int) -> int:
    found = _marker_at(data, position)
    return len(data) if found < 0 else found
