"""A crop on its way: the picture's bytes and what they show."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from edge.records import Crop, CropRef
from edge.wire import codes
from edge.wire.cbor import Fields, code_of, dumps, loads, member_of


@dataclass(frozen=True, slots=True)
class CropMessage:
    """One crop of one burst, as basecamp receives it."""

    burst_id: str
    ref: CropRef
    data: bytes = field(repr=False)


def reference(crop: Crop) -> CropRef:
    """How a sighting names ``crop`` before it arrives."""
    return CropRef(
        part=crop.part,
        side=crop.side,
        frame_index=crop.frame_index,
        media_type=crop.media_type,
        size_bytes=len(crop.data),
        sha256=hashlib.sha256(crop.data).digest(),
    )


def encode_crop(burst_id: str, crop: Crop) -> bytes:
    """The crop as deterministic CBOR."""
    return dumps(
        {
            1: bytes.fromhex(burst_id),
            2: code_of(crop.part, codes.PARTS),
            3: code_of(crop.side, codes.SIDES),
            4: crop.frame_index,
            5: code_of(crop.media_type, codes.MEDIA_TYPES),
            6: crop.data,
        }
    )


def decode_crop(data: bytes) -> CropMessage:
    """The crop in ``data``. Raises WireError."""
    fields = Fields(loads(data), "crop")
    picture = fields.need(6, "data", bytes)
    ref = CropRef(
        part=member_of(fields.need(2, "part", int), codes.PARTS, "part"),
        side=member_of(fields.need(3, "side", int), codes.SIDES, "side"),
        frame_index=fields.count(4, "frame index"),
        media_type=member_of(fields.need(5, "media type", int), codes.MEDIA_TYPES, "media type"),
        size_bytes=len(picture),
        sha256=hashlib.sha256(picture).digest(),
    )
    return CropMessage(fields.octets(1, "burst id", codes.BURST_ID_BYTES).hex(), ref, picture)
