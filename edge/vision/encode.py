"""A cut-out as a small picture file that never exceeds its byte budget."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from edge.records import Part
from edge.vision.decode import Pixels

if TYPE_CHECKING:
    from PIL import Image

_QUALITIES = (16, 24, 32, 40, 48, 56, 64, 72, 80, 88)
"""Steps that can be told apart by eye; four encodings find the best that fits."""
_SMALLEST_PX = 16
_AVIF_SPEED = 8
_WEBP_METHOD = 3


@dataclass(frozen=True, slots=True)
class CropSpec:
    """What one kind of crop may cost. ``media_type`` is ``image/avif`` or ``image/webp``."""

    part: Part
    media_type: str
    budget_bytes: int
    long_side_px: int


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture file with its size in pixels."""

    data: bytes = field(repr=False)
    width_px: int
    height_px: int


ANIMAL = CropSpec(Part.ANIMAL, "image/webp", 8000, 480)
FLANK_SHARP = CropSpec(Part.FLANK, "image/webp", 4096, 320)
FLANK_SMALL = CropSpec(Part.FLANK, "image/avif", 2048, 256)
HEAD = CropSpec(Part.HEAD, "image/webp", 3000, 224)
SCENE = CropSpec(Part.FRAME, "image/webp", 8000, 480)
THUMBNAIL = CropSpec(Part.FRAME, "image/avif", 2048, 256)


def encode(pixels: Pixels, spec: CropSpec) -> Encoded | None:
    """Encode ``pixels`` within ``spec``: aspect kept, never enlarged, never over budget.

    RGB ``(H, W, 3)``, or grey ``(H, W)``, for which AVIF holds no colour at all.
    The highest quality that fits is searched at full size first; if even the lowest does not fit,
    the picture is made smaller. None when nothing above 16 px fits. The file holds no metadata.
    """
    from PIL import Image

    largest_px = max(pixels.shape[:2])
    long_px = min(spec.long_side_px, largest_px)
    while long_px >= min(_SMALLEST_PX, largest_px):
        image = Image.fromarray(_scaled(pixels, long_px))
        data, lowest_bytes = _best_within(image, spec)
        if data is not None:
            return Encoded(data, image.width, image.height)
        # A file shrinks with its area, or slower; a step of at least a tenth always ends.
        shrink = 0.95 * math.sqrt(spec.budget_bytes / lowest_bytes)
        long_px = int(long_px * min(0.9, max(0.5, shrink)))
    return None


def _best_within(image: Image.Image, spec: CropSpec) -> tuple[bytes | None, int]:
    """The best file that fits, if any, and the size of the smallest one made.

    Bisects the qualities: a file grows with its quality, near enough.
    """
    best: bytes | None = None
    smallest = sys.maxsize
    low, high = 0, len(_QUALITIES) - 1
    while low <= high:
        middle = (low + high) // 2
        data = _encoded(image, spec.media_type, _QUALITIES[middle])
        smallest = min(smallest, len(data))
        if len(data) <= spec.budget_bytes:
            best, low = data, middle + 1
        else:
            high = middle - 1
    return best, smallest


def _encoded(image: Image.Image, media_type: str, quality: int) -> bytes:
    out = BytesIO()
    if media_type == "image/avif":
        planes = "4:0:0" if image.mode == "L" else "4:2:0"
        image.save(
            out, "AVIF", quality=quality, speed=_AVIF_SPEED, max_threads=1, subsampling=planes
        )
    else:
        image.save(out, "WEBP", quality=quality, method=_WEBP_METHOD)
    return out.getvalue()


def _scaled(pixels: Pixels, long_px: int) -> Pixels:
    import cv2
    import numpy as np

    height_px, width_px = pixels.shape[:2]
    scale = long_px / max(height_px, width_px)
    if scale >= 1:
        return np.ascontiguousarray(pixels)
    size = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
