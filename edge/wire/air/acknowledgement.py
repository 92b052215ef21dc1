"""What basecamp has stored, by the records' numbers: a base and a bitmap.

    1 B kind and version || 1 B key id || 3 B base || up to 34 B bitmap

A number belongs to the spool that gave it, and a spool that was made anew begins again: so it
stands with the key id of the frames in which the records came, which no two spools share. The base
is acknowledged, and ``base + 1 + i`` where bit i is set, the lowest bit of the first byte being 0.
A stored record stays stored, so an acknowledgement that comes twice does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.wire.air.frame import KEY_IDS
from edge.wire.air.kinds import (
    LARGEST_RECORD_BYTES,
    LARGEST_SEQUENCE,
    SEQUENCE_BYTES,
    RecordKind,
    check_head,
)
from edge.wire.errors import WireError

VERSION = 1
_HEAD_BYTES = 2 + SEQUENCE_BYTES
MOST = 1 + 8 * (LARGEST_RECORD_BYTES - _HEAD_BYTES)
"""A base and 272 numbers after it."""


@dataclass(frozen=True, slots=True)
class RadioAcknowledgement:
    """These records, which came in frames under ``key_id``, are stored: numbers, rising."""

    key_id: int
    sequences: tuple[int, ...]


def encode_radio_acknowledgements(acknowledgement: RadioAcknowledgement) -> list[bytes]:
    """As many records of 5 to 39 bytes as are needed: one for all that lie within 273 numbers."""
    waiting = sorted(set(acknowledgement.sequences))
    records = []
    while waiting:
        base = waiting[0]
        inside = [number for number in waiting if number < base + MOST]
        records.append(_encode(acknowledgement.key_id, base, inside[1:]))
        waiting = waiting[len(inside) :]
    return records


def _encode(key_id: int, base: int, others: Iterable[int]) -> bytes:
    bitmap = 0
    for number in others:
        bitmap |= 1 << number - base - 1
    return (
        bytes((RecordKind.ACKNOWLEDGEMENT << 4 | VERSION, key_id))
        + base.to_bytes(SEQUENCE_BYTES, "big")
        + bitmap.to_bytes((bitmap.bit_length() + 7) // 8, "little")
    )


def decode_radio_acknowledgement(data: bytes) -> RadioAcknowledgement:
    """The record in ``data``. Raises WireError, UnknownRecord for a version that is newer."""
    check_head(data, RecordKind.ACKNOWLEDGEMENT, VERSION)
    if not _HEAD_BYTES <= len(data) <= LARGEST_RECORD_BYTES:
        raise WireError(f"acknowledgement: {len(data)} bytes, expected 5 to 39")
    if data[1] >= KEY_IDS:
        raise WireError(f"acknowledgement: key id {data[1]}, expected 0..{KEY_IDS - 1}")
    base, bitmap = int.from_bytes(data[2:_HEAD_BYTES], "big"), data[_HEAD_BYTES:]
    if bitmap.endswith(b"\x00"):
        raise WireError("acknowledgement: the bitmap ends in a zero byte")
    bits = int.from_bytes(bitmap, "little")
    others = (base + 1 + bit for bit in range(bits.bit_length()) if bits >> bit & 1)
    sequences = (base, *others)
    if sequences[-1] > LARGEST_SEQUENCE:
        raise WireError("acknowledgement: a number above 2^24 - 1")
    return RadioAcknowledgement(data[1], sequences)
