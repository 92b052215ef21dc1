"""Several records under one seal: a satellite message of 340 bytes.

    1 B kind and version || 3 B number of the first record || ( 1 B length || record ) ...

Under a seal of its own each record would cost 12 bytes; here the first costs 17, each further one a
single byte: ten sightings in place of seven. The records are those of any frame, with their own
numbers, and are stored and acknowledged one by one. The number of the first stands where every
record has its number, so that who does not know packs acknowledges that one and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.wire.air.frame import OVERHEAD_BYTES
from edge.wire.air.kinds import (
    LARGEST_RECORD_BYTES,
    SEQUENCE_BYTES,
    RecordKind,
    UnknownRecord,
    sequence_of,
)
from edge.wire.errors import WireError

VERSION = 1
HEAD_BYTES = 1 + SEQUENCE_BYTES
LENGTH_BYTES = 1
"""Before each record."""
SATELLITE_BYTES = 340
"""The longest message up of Iridium SBD."""
_FIRST = RecordKind.PACK << 4 | VERSION


def is_pack(record: bytes) -> bool:
    """Whether a frame's content is a pack, of whatever version."""
    return record[:1] != b"" and record[0] >> 4 == RecordKind.PACK


def chosen(records: Sequence[bytes], room_bytes: int) -> list[int]:
    """Which of ``records``, best first, go into a frame of ``room_bytes``: places, rising.

    Greedy: the best that fits, then the best of the rest that still fits. Records differ by 8 to 15
    bytes only, so an optimal choice wins at most one, of the least value.
    """
    places: list[int] = []
    left = room_bytes - OVERHEAD_BYTES
    for place, record in enumerate(records):
        # A record that goes alone needs no pack; a second one makes it a pack of two.
        cost = len(record) + (LENGTH_BYTES if places else 0)
        if len(places) == 1:
            cost += HEAD_BYTES + LENGTH_BYTES
        if cost <= left:
            places.append(place)
            left -= cost
    return places


def packed(records: Sequence[bytes]) -> bytes:
    """What goes under one seal: a pack, or the record itself where it is only one.

    Raises ValueError for none, and for a record that no frame carries.
    """
    if not records or not all(HEAD_BYTES <= len(one) <= LARGEST_RECORD_BYTES for one in records):
        raise ValueError("a pack holds records of 4 to 39 bytes, at least one")
    if len(records) == 1:
        return records[0]
    head = bytes((_FIRST,)) + records[0][1:HEAD_BYTES]
    return head + b"".join(bytes((len(one),)) + one for one in records)


def unpacked(content: bytes) -> list[bytes]:
    """The records in a frame's content, which may be a lone one.

    Raises WireError for a damaged pack, UnknownRecord for one of a later version.
    """
    if not is_pack(content):
        return [content]
    if content[0] != _FIRST:
        raise UnknownRecord(
            f"pack: version {content[0] & 0xF} is not known here; update this end",
            sequence_of(content),
        )
    records: list[bytes] = []
    place = HEAD_BYTES
    while place < len(content):
        end = place + 1 + content[place]
        record = content[place + 1 : end]
        if end > len(content) or not HEAD_BYTES <= len(record) <= LARGEST_RECORD_BYTES:
            raise WireError(f"pack: record {len(records)} has no length that a record can have")
        if is_pack(record):
            raise WireError("pack: a pack within a pack")
        records.append(record)
        place = end
    if len(records) < 2 or content[1:HEAD_BYTES] != records[0][1:HEAD_BYTES]:
        raise WireError("pack: it does not begin with the number of its first record")
    return records
