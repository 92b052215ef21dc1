"""A piece of a crop on its way over radio.

    4 bit kind, 4 bit slot || 1 B position || 1 B source symbols || symbols, 32 B each

A crop under way has a *slot*, given by basecamp (edge.wire.air.want). Its bytes, `source symbols`
times 32, are spread by a RaptorQ code (RFC 6330; edge.wire.air.fragments_code) over as many
symbols as anyone asks for, and any `source symbols` of them, seldom one more, are the crop. So it
matters how many arrive, not which. A fragment holds 1 to 7 symbols, as many as the packet has room
for: a crop that was begun at one data rate goes on at another. The first of them has the number
7 times the position. Every fragment tells the crop's size, so each can be used alone.

Zero source symbols: the station does not have the crop (any more). Its name follows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.wire.air.frame import OVERHEAD_BYTES
from edge.wire.air.kinds import RecordKind, kind_of
from edge.wire.air.reference import REFERENCE_BYTES
from edge.wire.errors import WireError

SYMBOL_BYTES = 32
"""Three fit the 115 bytes of EU868's DR3, seven the 242 of DR5, with a byte and three to spare."""
MOST_SYMBOLS = 7
HEAD_BYTES = 3
SLOTS = 16
POSITIONS = 256
LARGEST_SOURCE = 255
PICTURES = 16
NAME_BYTES = REFERENCE_BYTES + 1


@dataclass(frozen=True, slots=True)
class CropName:
    """A crop of a station: its burst's reference (edge.wire.air.reference), and its place among
    the crops that the sighting named, 0..15."""

    reference: bytes
    picture: int

    def __bytes__(self) -> bytes:
        return self.reference + bytes((self.picture,))


@dataclass(frozen=True, slots=True)
class Fragment:
    """Symbols number ``7 * position`` and on, of the crop in ``slot``."""

    slot: int
    position: int
    source_symbols: int
    symbols: tuple[bytes, ...] = field(repr=False)

    def numbered(self) -> dict[int, bytes]:
        """The symbols by their number."""
        return dict(enumerate(self.symbols, first_symbol(self.position)))


@dataclass(frozen=True, slots=True)
class NotHere:
    """The station does not have the crop that was asked for in ``slot``, or not in a size for
    radio."""

    slot: int
    name: CropName


def first_symbol(position: int) -> int:
    """The number of a fragment's first symbol."""
    return MOST_SYMBOLS * position


def room_for_symbols(payload_bytes: int) -> int:
    """How many symbols a sealed fragment holds in a payload of that many bytes, 0 to 7."""
    room = (payload_bytes - OVERHEAD_BYTES - HEAD_BYTES) // SYMBOL_BYTES
    return max(0, min(room, MOST_SYMBOLS))


def fragment_payload_bytes(symbols: int) -> int:
    """What a fragment with so many symbols takes of a packet's payload, sealed."""
    return OVERHEAD_BYTES + HEAD_BYTES + symbols * SYMBOL_BYTES


def encode_fragment(fragment: Fragment | NotHere) -> bytes:
    """The record, to be sealed in a frame."""
    first = RecordKind.FRAGMENT << 4 | fragment.slot
    if isinstance(fragment, NotHere):
        return bytes((first, 0, 0)) + bytes(fragment.name)
    head = bytes((first, fragment.position, fragment.source_symbols))
    return head + b"".join(fragment.symbols)


def decode_fragment(data: bytes) -> Fragment | NotHere:
    """The fragment in ``data``. Raises WireError."""
    if kind_of(data) is not RecordKind.FRAGMENT:
        raise WireError(f"fragment: the record is of kind {data[0] >> 4}, expected 3")
    if len(data) < HEAD_BYTES:
        raise WireError(f"fragment: {len(data)} bytes are less than its head")
    slot, position, source, body = data[0] & 0xF, data[1], data[2], data[HEAD_BYTES:]
    if not source:
        return NotHere(slot, _name(position, body))
    count, left_over = divmod(len(body), SYMBOL_BYTES)
    if left_over or not 1 <= count <= MOST_SYMBOLS:
        raise WireError(f"fragment: {len(body)} bytes are not 1 to 7 symbols of 32")
    starts = range(0, len(body), SYMBOL_BYTES)
    symbols = tuple(body[start : start + SYMBOL_BYTES] for start in starts)
    return Fragment(slot, position, source, symbols)


def _name(position: int, body: bytes) -> CropName:
    if position or len(body) != NAME_BYTES or body[-1] >= PICTURES:
        raise WireError("fragment: without symbols, and without the name of a crop")
    return CropName(body[:-1], body[-1])
