"""Which pictures on a card or in a folder belong together as one burst.

Each picture is listed once, by the first of these rules that knows it:

1. ``bursts.csv`` with columns ``file,burst[,timestamp]`` names bursts; files are relative to its
   folder, timestamps ISO 8601 (UTC unless they say otherwise). A row with an empty ``burst`` is a
   burst of its own. Pictures that the table does not name are bursts by rules 2 and 3.
2. Each subfolder with pictures is a burst. Two kinds of subfolder are no burst but a camera's card,
   and are grouped by time: those named by the DCF standard (``DCIM/100RECNX``), and those that
   hold more than MAX_BURST_FRAMES pictures.
3. Pictures that lie loose are grouped by EXIF time, a gap of BURST_GAP_S or more between them
   beginning a new burst; a picture without a time is a burst of its own.

Links to folders are followed, each folder once. Hidden files and folders are passed over.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from edge.capture.exif import PictureFacts, read_facts
from edge.errors import IrbisError

BURST_GAP_S = 5.0
MAX_BURST_FRAMES = 100
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".avif"})
_DCF_FOLDER = re.compile(r"[1-9][0-9]{2}[A-Za-z0-9_]{5}")


class ListingError(IrbisError, ValueError):
    """A path or a bursts.csv from which no bursts can be read."""


class FolderUnreadable(ListingError):
    """A folder that cannot be looked into; what lies in it is not listed."""


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


def _refuse(trouble: ListingError) -> None:
    raise trouble


def list_bursts(
    path: Path,
    on_trouble: Callable[[ListingError], None] = _refuse,
    facts: Callable[[Path], PictureFacts] = read_facts,
) -> list[BurstFiles]:
    """All bursts in a folder, or the one of a single picture.

    ``on_trouble`` is told of a folder that cannot be read (FolderUnreadable) and of a bursts.csv
    that is not one (ListingError); where it returns, the folder, or the table with the pictures
    that lie loose beside it, is left out. Unless given, it raises.

    Raises NothingListed when ``path`` does not exist or holds no picture.
    """
    if path.is_file():
        return [BurstFiles(path.name, path.parent, (PictureFile(path),))]
    if not path.is_dir():
        raise NothingListed(f"{path}: no such file or folder")
    bursts = list(_Walk(path, on_trouble, facts).bursts_in(path))
    if not bursts:
        suffixes = " ".join(sorted(PICTURE_SUFFIXES))
        raise NothingListed(f"{path}: no pictures in here (looked for {suffixes})")
    return bursts


def is_picture(path: Path) -> bool:
    """Whether the name is that of a picture; the content is the decoder's business."""
    # macOS leaves a hidden companion beside each file it copies: ._IMG_0001.JPG
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


class _Walk:
    """One walk through ``root``: which folders it saw, and which pictures a table named."""

    def __init__(
        self,
        root: Path,
        on_trouble: Callable[[ListingError], None],
        facts: Callable[[Path], PictureFacts],
    ) -> None:
        self._root = root
        self._on_trouble = on_trouble
        self._facts = facts
        self._seen: set[Path] = set()
        self._named: set[Path] = set()

    def bursts_in(self, folder: Path) -> Iterator[BurstFiles]:
        try:
            whole = folder.resolve()
            if whole in self._seen:
                return
            self._seen.add(whole)
            pictures, subfolders = _look_into(folder)
        except OSError as error:
            reason = error.strerror or str(error)
            self._on_trouble(FolderUnreadable(f"{folder}: cannot be read: {reason}"))
            return
        try:
            yield from self._tabled(folder)
        except ListingError as error:
            self._on_trouble(error)
        else:
            yield from self._untabled(folder, whole, pictures)
        for subfolder in subfolders:
            yield from self.bursts_in(subfolder)

    def _tabled(self, folder: Path) -> list[BurstFiles]:
        table = folder / "bursts.csv"
        if not table.is_file():
            return []
        rows = [row for row in _rows(table) if row.picture.path not in self._named]
        self._named.update(row.picture.path for row in rows)
        rows.sort(key=_Row.key)  # stable: frames keep their order
        return [
            BurstFiles(burst or file, self._root, tuple(row.picture for row in members))
            for (burst, file), members in groupby(rows, key=_Row.key)
        ]

    def _untabled(
        self, folder: Path, whole: Path, pictures: Sequence[Path]
    ) -> Iterator[BurstFiles]:
        rest = [path for path in pictures if path not in self._named]
        if folder == self._root or _is_card_folder(whole, len(pictures)):
            yield from self._grouped_by_time(rest)
        elif rest:
            name = folder.relative_to(self._root).as_posix()
            yield BurstFiles(name, self._root, tuple(map(PictureFile, rest)))

    def _grouped_by_time(self, pictures: Sequence[Path]) -> Iterator[BurstFiles]:
        times = {path: self._facts(path).taken_at for path in pictures}
        timed = sorted((moment, path) for path, moment in times.items() if moment is not None)
        groups: list[list[Path]] = [[path] for path, moment in times.items() if moment is None]
        previous: datetime | None = None
        for moment, path in timed:
            if previous is None or moment - previous >= timedelta(seconds=BURST_GAP_S):
                groups.append([])
            groups[-1].append(path)
            previous = moment
        for group in sorted(groups):
            name = group[0].relative_to(self._root).as_posix()
            yield BurstFiles(name, self._root, tuple(map(PictureFile, group)))


def _look_into(folder: Path) -> tuple[list[Path], list[Path]]:
    """Its pictures and its subfolders; links last, so that a folder goes by its own name."""
    entries = sorted(folder.iterdir())
    pictures = [entry for entry in entries if is_picture(entry) and entry.is_file()]
    subfolders = [entry for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    return pictures, sorted(subfolders, key=Path.is_symlink)


def _is_card_folder(folder: Path, picture_count: int) -> bool:
    dcf = folder.parent.name.upper() == "DCIM" and _DCF_FOLDER.fullmatch(folder.name)
    return bool(dcf) or picture_count > MAX_BURST_FRAMES


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a bursts.csv; an empty ``burst`` is none that another row could share."""

    file: str
    burst: str
    picture: PictureFile

    def key(self) -> tuple[str, str]:
        return self.burst, "" if self.burst else self.file


def _rows(table: Path) -> list[_Row]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or ()
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ListingError(f"{table}: cannot be read as CSV: {error}") from error
    if not {"file", "burst"} <= set(columns):
        raise ListingError(f"{table}: needs the columns file,burst[,timestamp]")
    return [
        _Row(
            row["file"],
            (row["burst"] or "").strip(),
            PictureFile(_inside(table, row["file"]), _timestamp(table, row.get("timestamp"))),
        )
        for row in rows
        if row["file"]
    ]


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
