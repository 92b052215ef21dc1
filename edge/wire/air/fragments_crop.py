"""What the fragments of a crop make up: its content, verifiable.

    8 B digest || 1 B number of zeros at the end || content || zeros, to whole symbols

The digest is BLAKE2b-64 of the content, with the crop's name as its salt: what a station sent under
the same slot for another crop is never taken for this one. The content is the crop's record
(edge.wire.crop), sealed to basecamp as it lies on the card: a station cannot open it. Who sent it
is told by the frames that the fragments came in, so it carries no signature.
"""

from __future__ import annotations

import hashlib

from nacl.exceptions import CryptoError
from nacl.public import SealedBox

from edge.errors import IrbisError
from edge.security.errors import SealError
from edge.security.keys import BasecampKey, BasecampToken
from edge.wire.air.fragments import (
    LARGEST_SOURCE,
    SYMBOL_BYTES,
    CropName,
    Fragment,
    encode_fragment,
    first_symbol,
    room_for_symbols,
)
from edge.wire.air.fragments_code import SymbolSource, source_symbols_of
from edge.wire.air.reference import reference_of
from edge.wire.crop import CropMessage, decode_crop
from edge.wire.errors import WireError

SEAL_BYTES = 48
_DIGEST_BYTES = 8
_HEAD_BYTES = _DIGEST_BYTES + 1
LARGEST_CONTENT_BYTES = LARGEST_SOURCE * SYMBOL_BYTES - _HEAD_BYTES
"""8151: larger crops are for wider links."""


class CropTooLarge(IrbisError, ValueError):
    """A crop with more bytes than radio takes."""


def seal_crop(record: bytes, basecamp: BasecampToken) -> bytes:
    """A crop's record as content: 48 bytes longer."""
    return SealedBox(basecamp.seal).encrypt(record)


def open_crop(content: bytes, name: CropName, key: BasecampKey) -> tuple[CropMessage, bytes]:
    """The crop in ``content``, and its record. Raises SealError; WireError for a crop of another
    burst."""
    try:
        record = SealedBox(key.unseal).decrypt(content)
    except (CryptoError, ValueError, TypeError):
        raise SealError("the crop is damaged or sealed to another basecamp key") from None
    crop = decode_crop(record)
    if reference_of(crop.burst_id) != name.reference:
        raise WireError(f"the crop is of burst {crop.burst_id}, which was not asked for")
    return crop, record


def packed(content: bytes, name: CropName) -> bytes:
    """``content`` as whole symbols. Raises CropTooLarge."""
    if len(content) > LARGEST_CONTENT_BYTES:
        raise CropTooLarge(
            f"a crop of {len(content)} bytes: radio takes {LARGEST_CONTENT_BYTES}; send it over"
            " cellular, or make crops smaller"
        )
    zeros = -(_HEAD_BYTES + len(content)) % SYMBOL_BYTES
    return _digest(content, name) + bytes((zeros,)) + content + bytes(zeros)


def unpacked(data: bytes, name: CropName) -> bytes | None:
    """The content in ``data``; None where it is not the whole content of the crop ``name``."""
    if not _HEAD_BYTES <= len(data) <= LARGEST_SOURCE * SYMBOL_BYTES:
        return None
    zeros = data[_DIGEST_BYTES]
    content = data[_HEAD_BYTES : len(data) - zeros]
    return content if packed(content, name) == data else None


def source_symbols(content_bytes: int) -> int:
    """How many symbols make up a content of that many bytes."""
    return source_symbols_of(content_bytes + _HEAD_BYTES)


def fragments_of(content: bytes, name: CropName, payload_bytes: int, slot: int = 0) -> list[bytes]:
    """The records of a transmission in which nothing is lost, for packets of ``payload_bytes``.

    Raises CropTooLarge; ValueError for packets that hold no symbol.
    """
    room = room_for_symbols(payload_bytes)
    if not room:
        raise ValueError(f"a payload of {payload_bytes} bytes holds no symbol")
    source = SymbolSource(packed(content, name))
    records, left, position = [], source.source_symbols, 0
    while left:
        symbols = source.symbols(first_symbol(position), min(room, left))
        records.append(encode_fragment(Fragment(slot, position, source.source_symbols, symbols)))
        left -= len(symbols)
        position += 1
    return records


def _digest(content: bytes, name: CropName) -> bytes:
    return hashlib.blake2b(
        content, digest_size=_DIGEST_BYTES, salt=bytes(name), person=b"irbis crop 1"
    ).digest()
