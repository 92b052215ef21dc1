"""Time and exposure from a picture's own EXIF block (CIPA DC-008)."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from edge.records import Exposure

_EXIF_IFD = 0x8769
_DATE_TIME = 0x0132
_DATE_TIME_ORIGINAL = 0x9003
_OFFSET_TIME_ORIGINAL = 0x9011
_SUB_SECONDS_ORIGINAL = 0x9291
_EXPOSURE_TIME = 0x829A
_LONGEST_US = 24 * 3600 * 1_000_000
"""A damaged tag may hold any number; no camera exposes for more than a day."""


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What a picture says about itself; ``taken_at`` is None where it does not say when."""

    taken_at: datetime | None = None
    exposure: Exposure = field(default_factory=Exposure)


def read_facts(picture: Path | bytes) -> PictureFacts:
    """The facts in a picture file; none for a file that cannot be read as a picture.

    EXIF times have no zone unless OffsetTimeOriginal is there; without it they are taken as UTC,
    which is how trap cameras should be set.
    """
    try:
        stream: IO[bytes] = (
            io.BytesIO(picture) if isinstance(picture, bytes) else picture.open("rb")
        )
        with stream:
            tags = _tags(stream)
    except Exception:  # EXIF in the wild breaks its reader in many ways; the picture goes on
        return PictureFacts()
    return PictureFacts(_taken_at(tags), _exposure(tags))


def remembering_facts(max_files: int) -> Callable[[Path], PictureFacts]:
    """A ``read_facts`` for files that reads one anew only when it changed.

    It remembers the ``max_files`` that were asked for last.
    """

    @lru_cache(maxsize=max_files)
    def read(path: Path, changed_ns: int, size_bytes: int) -> PictureFacts:
        return read_facts(path)

    def facts(path: Path) -> PictureFacts:
        try:
            state = path.stat()
        except OSError:
            return PictureFacts()
        return read(path, state.st_ctime_ns, state.st_size)

    return facts


def _tags(stream: IO[bytes]) -> dict[int, Any]:
    from PIL import Image  # deferred: a live station never needs it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(stream) as image:
            if image.format == "PNG" and "exif" not in image.info:
                # Pillow would decode the whole picture, in case the block stands at its end.
                return {}
            exif = image.getexif()
            return {**dict(exif), **exif.get_ifd(_EXIF_IFD)}


def _taken_at(tags: dict[int, Any]) -> datetime | None:
    text = str(tags.get(_DATE_TIME_ORIGINAL) or tags.get(_DATE_TIME) or "").strip("\x00 ")
    try:
        moment = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=_zone(tags))
        fraction = str(tags.get(_SUB_SECONDS_ORIGINAL) or "").strip("\x00 ")
        if fraction.isdecimal():
            moment += timedelta(seconds=float(f"0.{fraction}"))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(tags: dict[int, Any]) -> timezone:
    text = str(tags.get(_OFFSET_TIME_ORIGINAL) or "").strip("\x00 ")
    try:
        hours, minutes = text[1:].split(":")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-offset if text[0] == "-" else offset)
    except (ValueError, IndexError):
        return UTC


def _exposure(tags: dict[int, Any]) -> Exposure:
    try:
        exposure_us = round(float(tags[_EXPOSURE_TIME]) * 1_000_000)
    except (KeyError, ValueError, TypeError, ZeroDivisionError, OverflowError):
        return Exposure()
    return Exposure(exposure_us=exposure_us if 0 <= exposure_us <= _LONGEST_US else None)
