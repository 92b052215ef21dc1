"""Small pictures as cameras leave them: a JPEG with the EXIF block that a test asks for."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD, Base


def jpeg(
    taken: str | None = None,
    *,
    offset: str | None = None,
    fraction: str | None = None,
    exposure: Any = None,
    shade: int = 90,
) -> bytes:
    """A JPEG of one colour; ``taken`` is EXIF's own ``YYYY:MM:DD HH:MM:SS``."""
    image = Image.new("RGB", (16, 16), (shade, 90, 90))
    exif = image.getexif()
    inner = exif.get_ifd(IFD.Exif)
    wanted = {
        Base.DateTimeOriginal: taken,
        Base.OffsetTimeOriginal: offset,
        Base.SubsecTimeOriginal: fraction,
        Base.ExposureTime: exposure,
    }
    inner.update({tag: value for tag, value in wanted.items() if value is not None})
    file = BytesIO()
    image.save(file, "JPEG", exif=exif)
    return file.getvalue()


def lay(path: Path, data: bytes | None = None) -> Path:
    """Write a picture, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg() if data is None else data)
    return path
