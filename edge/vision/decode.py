"""Bytes of a picture file to pixels, no larger than they need be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edge.vision import jpeg
from edge.vision.errors import DecodeError
from edge.vision.shrink import halved

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFile import ImageFile

Pixels = NDArray[np.uint8]
"""``(H, W, 3)``, RGB, upright."""

FULL_DECODE_LIMIT_PX = 32_000_000
"""Largest picture decoded at full size: 96 MB of RGB, what a board with 512 MB can spare.

It binds every format but sequential JPEG, which is decoded at a reduced scale line by line; a
progressive JPEG keeps all of its coefficients in memory whatever the scale.
"""

FLAT_END = 0.05
"""From this share of its height on, a single colour at the bottom is taken for missing data."""

JPEG_LIMIT_PX = 400_000_000
"""Largest sequential JPEG: 6 million pixels are left at the smallest scale."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture.

    ``pixels`` may be smaller than the file's own size, which is ``full_width_px`` by
    ``full_height_px`` (upright). ``damage`` says in one line what is wrong with a picture that
    could be decoded only in part, or is None.
    """

    pixels: Pixels = field(repr=False)
    full_width_px: int
    full_height_px: int
    damage: str | None = None


def decode(data: bytes, long_side_px: int) -> Picture:
    """Decode a JPEG, PNG, WebP, AVIF or BMP file.

    A JPEG is decoded at the largest reduction (1/8, 1/4, 1/2 of the DCT) that leaves its long side
    at least ``long_side_px``; a larger result is not resized further. Other formats are halved as
    often after decoding. A truncated JPEG keeps the
    lines that are there (the rest is grey) and is marked with ``damage``. 16-bit, grey, palette,
    CMYK and transparent pictures come out as 8-bit RGB; transparency is laid over black.

    The EXIF orientation is applied, as viewers, labelling tools and MegaDetector do, so that boxes
    refer to the picture as people see it.

    Raises DecodeError when the bytes are empty, of no known format, damaged beyond use, or larger
    than a station can hold.
    """
    opener = _opener(data)
    structure = jpeg.inspect(data) if data.startswith(jpeg.SIGNATURE) else None
    if structure is not None and structure.whole_bytes is not None:
        # An end where the data stops lets libjpeg finish with what it has, in silence.
        data = data[: structure.whole_bytes] + jpeg.END_OF_IMAGE
    try:
        image = opener(BytesIO(data))
        width_px, height_px = image.size
        sequential = structure is not None and not structure.progressive
        _check_size(width_px, height_px, JPEG_LIMIT_PX if sequential else FULL_DECODE_LIMIT_PX)
        turn = _orientation(image)
        pixels = _upright(_decoded(image, data, structure, long_side_px), turn)
    except DecodeError:
        raise
    except MemoryError as error:
        raise DecodeError(f"not enough memory to decode a picture of {len(data)} bytes") from error
    except Exception as error:  # Pillow's plugins leak a dozen types on bad bytes
        # Its kind, not its text, which may quote the file.
        raise DecodeError(
            f"damaged picture of {len(data)} bytes ({type(error).__name__})"
        ) from error
    if turn >= 5:
        width_px, height_px = height_px, width_px
    damage = None
    if structure is not None:
        damage = structure.damage or flat_end(pixels)
    return Picture(pixels, width_px, height_px, damage)


def outline(data: bytes) -> tuple[int, int, str | None]:
    """Width and height of a picture file in pixels, upright, and what its structure shows to be
    damaged, or None; without decoding it, in less than a millisecond for each megabyte.

    Damage that only the decoded pixels show is not found. Raises DecodeError.
    """
    opener = _opener(data)
    damage = jpeg.inspect(data).damage if data.startswith(jpeg.SIGNATURE) else None
    try:
        image = opener(BytesIO(data))
        width_px, height_px = image.size
    except Exception as error:  # Pillow's plugins leak a dozen types on bad bytes
        raise DecodeError(
            f"damaged picture of {len(data)} bytes ({type(error).__name__})"
        ) from error
    if _orientation(image) >= 5:
        width_px, height_px = height_px, width_px
    return width_px, height_px, damage


def flat_end(stored: Pixels) -> str | None:
    """A complaint where the lower part of a JPEG is one single colour.

    libjpeg paints what it has no data for in the last colour it knew, and says nothing. A lens
    gives noise; a banner is lower than FLAT_END or has letters in it.
    """
    flat = 0
    for row in stored[::-1]:
        if not np.array_equal(row, np.broadcast_to(stored[-1, -1], row.shape)):
            break
        flat += 1
    if flat < max(8, FLAT_END * len(stored)):
        return None
    return f"damaged JPEG: the lower {100 * flat // len(stored)} % are one flat colour"


def _opener(data: bytes) -> Callable[[BytesIO], ImageFile]:
    """The one plugin for these bytes. Going past ``Image.open`` keeps its 40 other parsers out."""
    if data.startswith(jpeg.SIGNATURE):
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        from PIL.WebPImagePlugin import WebPImageFile

        return WebPImageFile
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        from PIL.AvifImagePlugin import AvifImageFile

        return AvifImageFile
    if data.startswith(b"BM"):
        from PIL.BmpImagePlugin import BmpImageFile

        return BmpImageFile
    if not data:
        raise DecodeError("the picture is empty (0 bytes)")
    raise DecodeError(
        # Never a byte of it: this line lies in the clear on the card.
        f"not a picture: {len(data)} bytes without a known signature; "
        "JPEG, PNG, WebP, AVIF and BMP are read"
    )


def _check_size(width_px: int, height_px: int, limit_px: int) -> None:
    if width_px * height_px > limit_px:
        raise DecodeError(
            f"picture too large: {width_px} x {height_px} px; "
            f"this format is read up to {limit_px // 1_000_000} megapixels"
        )


def _decoded(
    image: ImageFile, data: bytes, structure: jpeg.JpegStructure | None, long_side_px: int
) -> Pixels:
    """Pixels of an opened picture as they are stored, of a JPEG at the largest reduction."""
    if structure is None:
        pixels = _rgb(image)
        while max(pixels.shape[:2]) >= 2 * long_side_px:  # several are kept at once
            pixels = halved(pixels)
        return pixels
    width_px, height_px = image.size
    long_px = max(width_px, height_px)
    scale = next((scale for scale in (8, 4, 2) if -(-long_px // scale) >= long_side_px), 1)
    if structure.damage is None and image.mode in ("RGB", "L"):
        quick = _quick(data, scale)
        if quick is not None:
            return quick
    image.draft(None, (max(1, width_px // scale), max(1, height_px // scale)))
    return _rgb(image)


def _quick(data: bytes, scale: int) -> Pixels | None:
    """A JPEG by OpenCV: libjpeg as in Pillow and the same pixels, without the copies that Pillow
    makes of them, which take two fifths of its time where the picture is small.

    None for what OpenCV refuses: Pillow is asked then, and says why. For a JPEG with damage that
    its structure does not show, libjpeg may write a line to standard error here.
    """
    import cv2

    reduction = {
        1: cv2.IMREAD_COLOR,
        2: cv2.IMREAD_REDUCED_COLOR_2,
        4: cv2.IMREAD_REDUCED_COLOR_4,
        8: cv2.IMREAD_REDUCED_COLOR_8,
    }[scale]
    try:
        stored = cv2.imdecode(
            np.frombuffer(data, np.uint8), reduction | cv2.IMREAD_IGNORE_ORIENTATION
        )
    except cv2.error:
        return None
    if stored is None:
        return None
    return np.asarray(cv2.cvtColor(stored, cv2.COLOR_BGR2RGB, dst=stored), np.uint8)


def _rgb(image: Image.Image) -> Pixels:
    """8-bit RGB pixels of an opened picture in whatever mode it is stored."""
    if image.mode.startswith("I"):
        wide = np.asarray(image).astype(np.int64)
        grey = np.clip(wide >> 8, 0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.mode == "P" or "A" in image.mode or "transparency" in image.info:
        rgba = np.asarray(image.convert("RGBA"))
        alpha = rgba[:, :, 3:].astype(np.uint16)
        return ((rgba[:, :, :3] * alpha + 127) // 255).astype(np.uint8)
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1..8; 1 where there is none or it cannot be read."""
    try:
        turn = image.getexif().get(0x0112, 1)
    except Exception:  # a broken EXIF block must not cost the picture
        return 1
    return turn if isinstance(turn, int) and 1 <= turn <= 8 else 1


def _upright(pixels: Pixels, turn: int) -> Pixels:
    """Undo an EXIF orientation (EXIF 2.32, tag 0x0112): transpose, then mirror."""
    if turn == 1:
        return pixels
    if turn >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if turn in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if turn in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
