"""A crop small enough for a radio, beside the one that goes over wider links."""

from __future__ import annotations

from dataclasses import replace

from edge.errors import IrbisError
from edge.records import Crop, ItemKind
from edge.security.keys import BasecampToken
from edge.spool.items import RadioCrop
from edge.wire.air.reference import reference_of
from edge.wire.crop import encode_crop
from edge.wire.message import item_id

LONG_SIDE_PX = 256
"""At about 2 kB more pixels only blur: the size at which a flank is made for that budget."""


class NoRendition(IrbisError, ValueError):
    """A crop of which nothing fits a radio."""


def radio_crop(
    burst_id: str, crop: Crop, picture: int, most_bytes: int, basecamp: BasecampToken
) -> RadioCrop:
    """``crop``, the ``picture``-th of its burst, in at most ``most_bytes`` and sealed to basecamp.

    A crop that fits goes as it is: what was cut for that budget has its coat masked already. Raises
    IrbisError (DecodeError, NoRendition); ImportError on a machine without the erasure code, where
    no crop goes by radio.
    """
    from edge.wire.air.fragments_crop import LARGEST_CONTENT_BYTES, SEAL_BYTES, seal_crop

    around = SEAL_BYTES + len(encode_crop(burst_id, replace(crop, data=bytes(256)))) - 256
    budget = min(most_bytes, LARGEST_CONTENT_BYTES - around)
    small = crop if len(crop.data) <= budget else _smaller(crop, budget)
    return RadioCrop(
        item_id(burst_id, ItemKind.CROP, picture),
        reference_of(burst_id),
        picture,
        seal_crop(encode_crop(burst_id, small), basecamp),
    )


def _smaller(crop: Crop, budget_bytes: int) -> Crop:
    # Deferred: numpy takes as long to import as arming takes in all.
    from edge.vision.decode import decode
    from edge.vision.encode import CropSpec, encode

    pixels = decode(crop.data, LONG_SIDE_PX).pixels
    spec = CropSpec(crop.part, "image/avif", budget_bytes, LONG_SIDE_PX)
    made = encode(pixels, spec)
    if made is None:
        raise NoRendition(f"no picture of {crop.part} fits {budget_bytes} bytes")
    return replace(
        crop,
        media_type=spec.media_type,
        width_px=made.width_px,
        height_px=made.height_px,
        data=made.data,
    )
