"""From a located animal to the crops and codes that are worth sending."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.records import Box, Crop, Descriptor, Part, Side
from edge.vision import encode as specs
from edge.vision.anatomy import Anatomy
from edge.vision.boxes import WHOLE, grown, pixel_rectangle
from edge.vision.catalogue.points import CoatPoints, coat_points
from edge.vision.coat_file import encode_coat
from edge.vision.decode import Picture, Pixels, decode
from edge.vision.descriptor import describe
from edge.vision.encode import CropSpec, encode

MARGIN = 0.06
"""Surroundings left around an animal, in shares of its box on each side."""
LARGEST_DECODE_PX = 2048
"""Longest side a crop may ask of the decoder: bounds memory on pictures of any size."""


def cut(
    picture: Picture, frame_index: int, box: Box | None, anatomy: Anatomy, quality: float
) -> tuple[Crop, ...]:
    """Crops of one animal, the most useful for telling individuals first.

    Without a box, where the animal is not located, the whole frame goes. A flank is sent in grey,
    with nothing beside the coat where that is known: its bytes are for the pattern.
    """
    made: list[Crop] = []
    for spec, region in plan(box, anatomy):
        pixels = cut_out(picture.pixels, region)
        if spec.part is Part.FLANK:
            encoded = encode_coat(pixels, coat_mask(picture, region, anatomy), spec)
        else:
            encoded = encode(pixels, spec)
        if encoded is not None:
            made.append(
                Crop(
                    part=spec.part,
                    side=anatomy.side if spec.part is not Part.FRAME else Side.UNCLEAR,
                    frame_index=frame_index,
                    box=region,
                    media_type=spec.media_type,
                    width_px=encoded.width_px,
                    height_px=encoded.height_px,
                    quality=quality,
                    data=encoded.data,
                )
            )
    return tuple(made)


def thumbnail(data: bytes, frame_index: int) -> Crop | None:
    """A small picture of a whole frame, for a burst that nobody could judge.

    Raises DecodeError.
    """
    picture = decode(data, specs.THUMBNAIL.long_side_px)
    encoded = encode(picture.pixels, specs.THUMBNAIL)
    if encoded is None:
        return None
    return Crop(
        part=Part.FRAME,
        side=Side.UNCLEAR,
        frame_index=frame_index,
        box=WHOLE,
        media_type=specs.THUMBNAIL.media_type,
        width_px=encoded.width_px,
        height_px=encoded.height_px,
        quality=0.0,
        data=encoded.data,
    )


def codes(picture: Picture, frame_index: int, anatomy: Anatomy) -> tuple[Descriptor, ...]:
    """Codes of the coat on the animal's flank; none where no flank is seen."""
    flank = anatomy.flank
    if flank is None:
        return ()
    mask = coat_mask(picture, flank, anatomy)
    return describe(cut_out(picture.pixels, flank), anatomy.side, frame_index, mask)


def coat_points_of(picture: Picture, box: Box, anatomy: Anatomy) -> CoatPoints:
    """The points by which the animal in ``box`` is compared with a catalogue."""
    return coat_points(cut_out(picture.pixels, box), coat_mask(picture, box, anatomy))


def coat_mask(picture: Picture, region: Box, anatomy: Anatomy) -> NDArray[np.uint8] | None:
    """255 on the coat in ``region``, 0 beside it; None where the coat is not known."""
    if anatomy.coat is None:
        return None
    height_px, width_px = picture.pixels.shape[:2]
    return anatomy.coat.mask(region, width_px, height_px)


def plan(box: Box | None, anatomy: Anatomy) -> Sequence[tuple[CropSpec, Box]]:
    """What is cut out of a frame, and where, best first."""
    if box is None:
        return ((specs.SCENE, WHOLE),)
    crops: list[tuple[CropSpec, Box]] = []
    if anatomy.flank is not None:
        crops += [(specs.FLANK_SMALL, anatomy.flank), (specs.FLANK_SHARP, anatomy.flank)]
    crops.append((specs.ANIMAL, grown(box, MARGIN)))
    if anatomy.head is not None:
        crops.append((specs.HEAD, anatomy.head))
    return crops


def enough_pixels(
    picture: Picture, data: bytes, regions: Sequence[tuple[CropSpec, Box]]
) -> Picture:
    """``picture``, or a larger decoding of its file ``data`` where a crop would be starved.

    Raises DecodeError where the file cannot be decoded again.
    """
    height_px, width_px = picture.pixels.shape[:2]
    have_px = max(width_px, height_px)
    full_px = max(picture.full_width_px, picture.full_height_px)
    wanted_px = max(
        spec.long_side_px / max(box.w * width_px, box.h * height_px, 1.0) * have_px
        for spec, box in regions
    )
    wanted_px = min(wanted_px, full_px, LARGEST_DECODE_PX)
    return decode(data, int(wanted_px)) if wanted_px > have_px else picture


def cut_out(pixels: Pixels, box: Box) -> Pixels:
    """The pixels in ``box``, without a copy."""
    x0, y0, x1, y1 = pixel_rectangle(box, pixels.shape[1], pixels.shape[0])
    return pixels[y0:y1, x0:x1]
