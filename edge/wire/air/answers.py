"""Several of basecamp's records under one seal: what is stored and what is wanted, in one downlink.

    4 bit kind, 4 bit version || ( 1 B length || record ) ...

A modem of class A hears once after it spoke, and may speak again only in hours. What waits for a
downlink of its own then waits a day.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.wire.air.kinds import LARGEST_RECORD_BYTES, RecordKind, UnknownRecord
from edge.wire.errors import WireError

VERSION = 1
_HEAD = RecordKind.ANSWERS << 4 | VERSION


def joined(records: Sequence[bytes]) -> bytes:
    """What goes under one seal: the records together, or the record itself where it is one.

    Raises ValueError for none, and for more than a frame of 51 bytes holds; see `fits`.
    """
    if not records or not all(records) or not fits(records):
        raise ValueError(
            "answers that go together have at most 39 bytes, and there is at least one"
        )
    if len(records) == 1:
        return records[0]
    return bytes((_HEAD,)) + b"".join(bytes((len(one),)) + one for one in records)


def fits(records: Sequence[bytes]) -> bool:
    """Whether they go into one downlink at every data rate."""
    size_bytes = sum(map(len, records)) + (1 + len(records) if len(records) > 1 else 0)
    return size_bytes <= LARGEST_RECORD_BYTES


def parted(content: bytes) -> list[bytes]:
    """The records in a downlink's content, which may be a lone one.

    Raises WireError where it is damaged, UnknownRecord where it is of a later version.
    """
    if not content or content[0] >> 4 != RecordKind.ANSWERS:
        return [content]
    if content[0] != _HEAD:
        raise UnknownRecord(
            f"answers: version {content[0] & 0xF} is not known here; update this end", None
        )
    records: list[bytes] = []
    place = 1
    while place < len(content):
        end = place + 1 + content[place]
        record = content[place + 1 : end]
        if not record or end > len(content) or record[0] >> 4 == RecordKind.ANSWERS:
            raise WireError(f"answers: record {len(records)} has no length that a record can have")
        records.append(record)
        place = end
    if len(records) < 2:
        raise WireError("answers: fewer than two records, which go without this head")
    return records
