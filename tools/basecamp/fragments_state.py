"""A station's half-arrived crops as bytes, for basecamp's store.

Deterministic CBOR: version, last slot, the want it was told last, and an array for each crop.
"""

from __future__ import annotations

from typing import Any

from edge.wire.air.fragments import SLOTS, SYMBOL_BYTES, CropName
from edge.wire.air.want import decode_want, encode_want
from edge.wire.cbor import dumps, loads
from edge.wire.errors import WireError
from tools.basecamp.errors import StoreError
from tools.basecamp.fragments import StationCrops
from tools.basecamp.fragments_assembly import Assembly

VERSION = 1


def encode_crops(crops: StationCrops) -> bytes:
    """What `decode_crops` reads."""
    assemblies = [_encode(assembly) for assembly in crops.assemblies]
    return dumps([VERSION, crops.last_slot, encode_want(crops.told), assemblies])


def decode_crops(data: bytes) -> StationCrops:
    """The crops as they were. Raises StoreError for damage, and for another version."""
    try:
        version, last_slot, told, assemblies = loads(data)
        if version != VERSION:
            raise WireError(f"version {version}")
        if type(last_slot) is not int or type(told) is not bytes:
            raise WireError("a field of another type")
        return StationCrops(tuple(map(_decode, assemblies)), last_slot, decode_want(told))
    except (WireError, TypeError, ValueError) as error:
        raise StoreError(
            f"the fragments of a station's crops cannot be read: {error}; forget them, and they"
            " are asked for again"
        ) from error


def _encode(assembly: Assembly) -> list[Any]:
    return [
        assembly.slot,
        assembly.name.reference,
        assembly.name.picture,
        float(assembly.worth),
        assembly.source_symbols,
        assembly.next_position,
        assembly.passed,
        assembly.heard,
        assembly.per_fragment,
        list(assembly.symbols),
        b"".join(assembly.symbols.values()),
    ]


def _decode(fields: list[Any]) -> Assembly:
    slot, reference, picture, worth, source, position, passed, heard, longest = fields[:9]
    numbers, joined = fields[9:]
    counts = (slot, picture, source, position, passed, heard, longest, *numbers)
    texts = (reference, joined)
    if not all(type(one) is int for one in counts) or not all(type(one) is bytes for one in texts):
        raise WireError("a field of another type")
    if type(worth) is not float:
        raise WireError("a worth that is no number")
    if min(counts) < 0 or max(slot, picture, source // SLOTS, position // SLOTS) >= SLOTS:
        raise WireError("a number that no crop can have")
    starts = range(0, len(joined), SYMBOL_BYTES)
    symbols = [joined[start : start + SYMBOL_BYTES] for start in starts]
    numbered = dict(zip(numbers, symbols, strict=True))
    name = CropName(reference, picture)
    return Assembly(slot, name, worth, source, position, passed, heard, longest, numbered)
