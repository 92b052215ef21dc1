"""From picture files to a Burst, as a camera would have handed it over."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from edge.capture.exif import read_facts
from edge.capture.identity import replayed_burst_id
from edge.capture.listing import BurstFiles, PictureFile
from edge.records import Burst, ClockQuality, Frame


def read_burst(files: BurstFiles) -> Burst:
    """Read all pictures of a burst. A file that cannot be read becomes a frame with a fault.

    The time is that of bursts.csv, else of EXIF (both are a camera's own clock: RTC), else the
    file's own, which says little (UNSET).
    """
    frames: list[Frame] = []
    clock = ClockQuality.RTC
    for picture in files.pictures:
        frame, certain = _read_frame(picture)
        frames.append(frame)
        if not certain:
            clock = ClockQuality.UNSET
    names = files.relative_names()
    contents = [frame.data for frame in frames]
    return Burst(
        burst_id=replayed_burst_id(zip(names, contents, strict=True)),
        captured_at=min(frame.captured_at for frame in frames),
        clock=clock,
        frames=tuple(frames),
    )


def _read_frame(picture: PictureFile) -> tuple[Frame, bool]:
    """The frame, and whether its time is more than the file's own."""
    try:
        data, fault = picture.path.read_bytes(), None
    except (OSError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or "not enough memory"
        data, fault = b"", f"the file cannot be read: {reason}"
    facts = read_facts(data)
    taken_at = picture.taken_at or facts.taken_at
    moment = taken_at or _modified_at(picture.path)
    return Frame(data, moment, facts.exposure, fault), taken_at is not None


def _modified_at(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)
