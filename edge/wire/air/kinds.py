"""What a sealed frame holds: the first byte of its plaintext says which record.

The kind stands in the upper four bits, the layout's version in the lower four; crop fragments and
what asks for them use the lower four for themselves. Kinds below 8 go up, the others down.
"""

from __future__ import annotations

from enum import IntEnum

from edge.wire.errors import WireError

LARGEST_RECORD_BYTES = 39
"""With 12 bytes of frame this is 51: EU868 at its slowest data rate."""
SEQUENCE_BYTES = 3
LARGEST_SEQUENCE = 2**24 - 1


class RecordKind(IntEnum):
    """The upper four bits of a record's first byte."""

    SIGHTING = 1
    HEARTBEAT = 2
    FRAGMENT = 3
    PACK = 4
    ACKNOWLEDGEMENT = 8
    WANT = 9
    ANSWERS = 10


class UnknownRecord(WireError):
    """A record that is whole and authentic, but of a kind or version that is not known here.

    ``sequence`` is its number all the same: it stands in the same place in every record that goes
    up, so that the record can be kept as it is and acknowledged. None for a record too short.
    """

    def __init__(self, message: str, sequence: int | None) -> None:
        super().__init__(message)
        self.sequence = sequence


def kind_of(record: bytes) -> RecordKind:
    """What ``record`` is. Raises UnknownRecord, and WireError where there is nothing."""
    if not record:
        raise WireError("a record without a byte")
    try:
        return RecordKind(record[0] >> 4)
    except ValueError:
        raise UnknownRecord(
            f"record of kind {record[0] >> 4} is not known here; update this end",
            sequence_of(record),
        ) from None


def sequence_of(record: bytes) -> int | None:
    """The number of a record that goes up, known or not."""
    if len(record) < 1 + SEQUENCE_BYTES:
        return None
    return int.from_bytes(record[1 : 1 + SEQUENCE_BYTES], "big")


def check_head(record: bytes, kind: RecordKind, version: int) -> None:
    """Raises WireError for another kind, UnknownRecord for another version."""
    name = kind.name.lower()
    if kind_of(record) is not kind:
        raise WireError(f"{name}: the record is of kind {record[0] >> 4}, expected {kind.value}")
    if record[0] & 0xF != version:
        raise UnknownRecord(
            f"{name}: version {record[0] & 0xF} is not known here; update this end",
            sequence_of(record),
        )
