"""Which pictures on a card or in a folder belong together as one burst.

In a folder, the first of these that applies:

1. ``bursts.csv`` with columns ``file,burst[,timestamp]`` names the bursts; files are relative to
   the folder, timestamps ISO 8601 (UTC unless they say otherwise).
2. Each subfolder with pictures is a burst. Two kinds of subfolder are no burst but a camera's card,
   and are grouped by time: those named by the DCF standard (``DCIM/100RECNX``), and those that
   hold more than MAX_BURST_FRAMES pictures.
3. Pictures that lie loose are grouped by EXIF time, a gap of BURST_GAP_S or more between them
   beginning a new burst; a picture without a time is a burst of its own.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from edge.capture.exif import read_facts
from edge.errors import IrbisError

BURST_GAP_S = 5.0
MAX_BURST_FRAMES = 100
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".avif"})
_DCF_FOLDER = re.compile(r"[1-9][0-9]{2}[A-Za-z0-9_]{5}")


class ListingError(IrbisError, ValueError):
    """A path or a bursts.csv from which no bursts can be read."""


class NothingListed(ListingError):
    """There is no picture, or not even a folder: perhaps not yet."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture on disk; ``taken_at`` where bursts.csv tells it."""

    path: Path
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BurstFiles:
    """One burst on disk. ``root`` is the path that was given; ``name`` is for people."""

    name: str
    root: Path
    pictures: tuple[PictureFile, ...]

    def relative_names(self) -> list[str]:
        """The pictures' paths relative to ``root``, in order."""
        return [picture.path.relative_to(self.root).as_posix() for picture in self.pictures]


def list_bursts(path: Path) -> list[BurstFiles]:
    """All bursts in a folder, or the one of a single picture.

    Raises NothingListed when ``path`` does not exist or holds no picture, ListingError when its
    bursts.csv is not one.
    """
    if path.is_file():
        return [BurstFiles(path.name, path.parent, (PictureFile(path),))]
    if not path.is_dir():
        raise NothingListed(f"{path}: no such file or folder")
    bursts = list(_bursts_in(path, root=path))
    if not bursts:
        suffixes = " ".join(sorted(PICTURE_SUFFIXES))
        raise NothingListed(f"{path}: no pictures in here (looked for {suffixes})")
    return bursts


def is_picture(path: Path) -> bool:
    """Whether the name is that of a picture; the content is the decoder's business."""
    # macOS leaves a hidden companion beside each file it copies: ._IMG_0001.JPG
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


def _bursts_in(folder: Path, root: Path) -> Iterator[BurstFiles]:
    table = folder / "bursts.csv"
    if table.is_file():
        yield from _from_table(table, root)
        return
    entries = sorted(folder.iterdir())
    pictures = [entry for entry in entries if is_picture(entry) and entry.is_file()]
    if folder == root or _is_card_folder(folder, len(pictures)):
        yield from _grouped_by_time(pictures, root)
    elif pictures:
        name = folder.relative_to(root).as_posix()
        yield BurstFiles(name, root, tuple(map(PictureFile, pictures)))
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink() and not entry.name.startswith("."):
            yield from _bursts_in(entry, root)


def _is_card_folder(folder: Path, picture_count: int) -> bool:
    dcf = folder.parent.name.upper() == "DCIM" and _DCF_FOLDER.fullmatch(folder.name)
    return bool(dcf) or picture_count > MAX_BURST_FRAMES


def _grouped_by_time(pictures: Sequence[Path], root: Path) -> Iterator[BurstFiles]:
    times = {path: read_facts(path).taken_at for path in pictures}
    timed = sorted((moment, path) for path, moment in times.items() if moment is not None)
    groups: list[list[Path]] = [[path] for path, moment in times.items() if moment is None]
    previous: datetime | None = None
    for moment, path in timed:
        if previous is None or moment - previous >= timedelta(seconds=BURST_GAP_S):
            groups.append([])
        groups[-1].append(path)
        previous = moment
    for group in sorted(groups):
        name = group[0].relative_to(root).as_posix()
        yield BurstFiles(name, root, tuple(map(PictureFile, group)))


def _from_table(table: Path, root: Path) -> Iterator[BurstFiles]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ListingError(f"{table}: cannot be read as CSV: {error}") from error
    if rows and not {"file", "burst"} <= rows[0].keys():
        raise ListingError(f"{table}: needs the columns file,burst[,timestamp]")
    rows = [row for row in rows if row["file"]]
    rows.sort(key=lambda row: row["burst"] or "")  # stable: frames keep their order
    for burst, members in groupby(rows, key=lambda row: row["burst"] or ""):
        pictures = tuple(
            PictureFile(_inside(table, row["file"]), _timestamp(table, row.get("timestamp")))
            for row in members
        )
        yield BurstFiles(burst, root, pictures)


def _inside(table: Path, name: str) -> Path:
    path = table.parent / name
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ListingError(f"{table}: {name!r} is not inside the folder")
    if "\0" in name:
        raise ListingError(f"{table}: {name!r} cannot be the name of a file")
    return path


def _timestamp(table: Path, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ListingError(
            f"{table}: {text!r} is not an ISO 8601 time within the years 1 to 9999"
        ) from None
