"""Which crops basecamp wants over radio, most wanted first, and how much of each is missing.

    4 bit kind, 4 bit version || up to 5 times
        4 bit slot, 4 bit picture || 4 B reference || 1 B position || 1 B symbols

Symbols of a fountain code are all worth the same, so what is missing is a number and no bitmap. A
want replaces the one before: what it does not name is known, or enough, and the station stops
sending it. The same want heard twice asks for the same symbols once.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.wire.air.fragments import PICTURES, CropName
from edge.wire.air.kinds import RecordKind, check_head
from edge.wire.air.reference import REFERENCE_BYTES
from edge.wire.errors import WireError

VERSION = 1
MOST_WANTED = 5
ALL = 0
"""In place of a number of symbols: as many as the crop has. Basecamp does not know it before the
first fragment."""
MOST_ASKED = 255
_ENTRY_BYTES = 1 + REFERENCE_BYTES + 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """A crop that basecamp wants in ``slot``.

    ``position`` is the one after the last fragment that arrived: a station that forgot how far it
    was goes on there. ``symbols`` is how many are to be sent now, 1 to 255, or ALL.
    """

    slot: int
    name: CropName
    position: int = 0
    symbols: int = ALL


@dataclass(frozen=True, slots=True)
class Want:
    """All that basecamp wants, at most five crops, most wanted first."""

    crops: tuple[Wanted, ...] = ()


def encode_want(want: Want) -> bytes:
    """1 to 36 bytes. Raises ValueError for more than five crops, or a slot twice."""
    if not _is_possible(want):
        raise ValueError("a want names at most five crops, each in a slot of its own")
    return bytes((RecordKind.WANT << 4 | VERSION,)) + b"".join(map(_encode, want.crops))


def decode_want(data: bytes) -> Want:
    """The record in ``data``. Raises WireError, UnknownRecord for a version that is newer."""
    check_head(data, RecordKind.WANT, VERSION)
    entries = data[1:]
    if len(entries) % _ENTRY_BYTES:
        raise WireError(f"want: {len(entries)} bytes are not whole entries of {_ENTRY_BYTES}")
    starts = range(0, len(entries), _ENTRY_BYTES)
    want = Want(tuple(_decode(entries[start : start + _ENTRY_BYTES]) for start in starts))
    if not _is_possible(want):
        raise WireError("want: more than five crops, or two in one slot")
    return want


def _is_possible(want: Want) -> bool:
    slots = {wanted.slot for wanted in want.crops}
    return len(want.crops) <= MOST_WANTED and len(slots) == len(want.crops)


def _encode(wanted: Wanted) -> bytes:
    slot_and_picture = wanted.slot << 4 | wanted.name.picture
    return (
        bytes((slot_and_picture,))
        + wanted.name.reference
        + bytes((wanted.position, wanted.symbols))
    )


def _decode(entry: bytes) -> Wanted:
    slot, picture = divmod(entry[0], PICTURES)
    name = CropName(entry[1 : 1 + REFERENCE_BYTES], picture)
    return Wanted(slot, name, position=entry[-2], symbols=entry[-1])
