"""The sets that are known by the name of their folder, one small loader each.

Any other folder with a ``labels.csv`` is read as ``tools.evaluate.tables.labelled_folder`` says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from edge.capture.listing import is_picture
from edge.records import Box
from tools.evaluate.labelled import (
    EvaluationError,
    LabelledBurst,
    LabelledFrame,
    LabelledSet,
    Truth,
)
from tools.evaluate.labels import mode_of, truth_of
from tools.evaluate.tables import (
    Row,
    box_of,
    boxes_by_file,
    foldered,
    labelled_folder,
    rows_of,
    single,
    spread,
)

if TYPE_CHECKING:
    from PIL import Image

BIG_CATS_EACH = 100
IMAGENET_MOST = 334
PEOPLE = Path(__file__).with_name("people.csv")
"""Who is on the photographs of `imagenet_one_each`, as seen by eye, whatever their class is: a
``person`` is plain to see; a ``part`` of one, or somebody ``distant``, is nothing to be judged by.
Photographs that it does not name show nobody."""


class Source(NamedTuple):
    """A known set: what it is, and how it is read."""

    about: str
    load: Callable[[Path], Iterable[LabelledBurst]]
    trapped: bool = True


def load_sets(paths: Iterable[Path]) -> list[LabelledSet]:
    """The sets in ``paths``: each is a set itself, or a folder of sets.

    Raises EvaluationError where there is none.
    """
    return [found for path in paths for found in _sets_in(path)]


def check_pictures(sets: Iterable[LabelledSet]) -> None:
    """Raises EvaluationError where a labelled picture is not there."""
    frames = (frame for one in sets for burst in one.bursts for frame in burst.frames)
    missing = [frame.path for frame in frames if not frame.path.is_file()]
    if missing:
        others = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise EvaluationError(
            f"{missing[0]}{others}: labelled, but not there; bring the pictures or take their rows"
            " out of the table"
        )


def _sets_in(path: Path) -> list[LabelledSet]:
    if not path.is_dir():
        raise EvaluationError(f"{path}: no such folder")
    folders = (
        [path] if _is_set(path) else [path / name for name in SOURCES if (path / name).is_dir()]
    )
    folders += [
        child
        for child in sorted(path.iterdir())
        if path not in folders
        and child.name not in (*SOURCES, *_NOT_FOR_DETECTION)
        and _is_set(child)
    ]
    if not folders:
        raise EvaluationError(
            f"{path}: no labelled pictures; a set is a folder with a labels.csv (columns"
            f" file,label[,burst,mode,x,y,w,h]) or one of {', '.join(SOURCES)}"
        )
    return [_load(folder) for folder in folders]


def _is_set(folder: Path) -> bool:
    return folder.name in SOURCES or (folder / "labels.csv").is_file()


def _load(folder: Path) -> LabelledSet:
    source = SOURCES.get(folder.name, Source("labelled pictures", labelled_folder))
    bursts = tuple(source.load(folder))
    if not bursts:
        raise EvaluationError(f"{folder}: no picture is labelled in here")
    return LabelledSet(folder.name, source.about, bursts, source.trapped)


def snow_leopards(folder: Path) -> Iterable[LabelledBurst]:
    """Bursts of snow leopards with boxes, then empty scenes as bursts of three."""
    drawn = rows_of(folder / "boxes.csv", "file", "x", "y", "w", "h", "mode")
    boxes = boxes_by_file((row["file"], box_of(row)) for row in drawn)
    modes = {row["file"]: mode_of(row["mode"]) for row in drawn}
    stations: dict[str, str] = {}
    bursts: dict[str, list[LabelledFrame]] = {}
    rows = rows_of(folder / "labels.csv", "file", "burst", "survey", "station")
    for row in sorted(rows, key=lambda row: row["file"]):
        file = row["file"]
        frame = LabelledFrame(
            folder / file, Truth.TARGET, boxes.get(file), modes.get(file), "snow_leopard"
        )
        bursts.setdefault(row["burst"], []).append(frame)
        stations[row["burst"]] = _station(row["survey"], row["station"])
    if (folder / "plates").is_dir():
        columns = ("file", "mode", "survey", "station")
        for row in rows_of(folder / "plates" / "plates.csv", *columns):
            name = f"plates/{row['file'].rpartition('_')[0]}"
            file = f"plates/{row['file']}"
            mode = mode_of(row["mode"])
            frame = LabelledFrame(folder / file, Truth.BLANK, None, mode, "empty")
            bursts.setdefault(name, []).append(frame)
            stations[name] = _station(row["survey"], row["station"])
    return _as_bursts(bursts, stations)


def masked_bursts(folder: Path) -> Iterable[LabelledBurst]:
    """Two whole bursts of snow leopards, boxes from the masks drawn on some of their frames."""
    from PIL import Image

    stations: dict[str, str] = {}
    bursts: dict[str, list[LabelledFrame]] = {}
    for row in rows_of(folder / "labels.csv", "file", "label", "burst", "camera", "gt_mask"):
        box = None
        if row["gt_mask"]:
            with Image.open(folder / row["gt_mask"]) as mask:
                box = _around(mask.convert("L").point(lambda grey: 255 * (grey > 127)))
        boxes = None if box is None else (box,)
        label = row["label"]
        frame = LabelledFrame(folder / row["file"], truth_of(label), boxes, label=label)
        bursts.setdefault(row["burst"], []).append(frame)
        place = re.fullmatch(r"T(\d+)-S(\d+)-C\d+", row["camera"])
        if place is not None:
            stations[row["burst"]] = _station(place[1], place[2])
    return _as_bursts(bursts, stations)


def amur_leopards(folder: Path) -> Iterable[LabelledBurst]:
    """Single pictures with boxes as corners in the pixels that each row states."""
    boxes = boxes_by_file(
        (row["file"], _from_corners(row))
        for row in rows_of(folder / "boxes.csv", "file", "xmin", "ymin", "xmax", "ymax", "width")
    )
    for file in sorted(boxes):
        frame = LabelledFrame(folder / file, Truth.TARGET, boxes[file], label="leopard")
        yield LabelledBurst(file, (frame,))


def serengeti_bursts(folder: Path) -> Iterable[LabelledBurst]:
    """Bursts by the camera's running number: pictures 0020, 0021 and 0022 belong together.

    Names that a second camera had taken already carry a mark after the number.
    """
    numbered = []
    for row in rows_of(folder / "labels.csv", "file", "label"):
        parts = re.fullmatch(r"(.*?)(\d{4})(__\w+)?\.\w+", row["file"])
        if parts is None:
            raise EvaluationError(f"{folder / 'labels.csv'}: {row['file']!r} has no running number")
        camera = f"{parts[1]}{'again' if parts[3] else ''}"
        numbered.append((camera, int(parts[2]), row))
    bursts: dict[str, list[LabelledFrame]] = {}
    name, before = "", ("", 0)
    for camera, number, row in sorted(numbered, key=lambda item: item[:2]):
        if (camera, number - 1) != before:
            name = row["file"]
        before = (camera, number)
        label = row["label"]
        frame = LabelledFrame(folder / row["file"], truth_of(label), label=label)
        bursts.setdefault(name, []).append(frame)
    return _as_bursts(bursts)


def big_cats(folder: Path) -> Iterable[LabelledBurst]:
    return foldered(folder, BIG_CATS_EACH)


def imagenet(folder: Path) -> Iterable[LabelledBurst]:
    """A sample of the classes, and all of the cats that matter and of the people; the class is in
    the file name."""
    people = {row["file"]: row["label"] for row in rows_of(PEOPLE, "file", "label")}
    pictures = sorted(path for path in folder.iterdir() if is_picture(path))
    truths = {path: _imagenet_truth(path, people.get(path.name, "")) for path in pictures}
    known = [path for path in pictures if truths[path] is not Truth.OTHER]
    for path in sorted({*spread(pictures, IMAGENET_MOST), *known}):
        yield single(path, truths[path], _imagenet_class(path))


def _imagenet_truth(path: Path, person: str) -> Truth:
    if person == "person":
        return Truth.HUMAN
    return truth_of(_imagenet_class(path), otherwise=Truth.OTHER)


def _imagenet_class(path: Path) -> str:
    return re.sub(r"^n\d+_", "", path.stem)


def _as_bursts(
    bursts: Mapping[str, Sequence[LabelledFrame]], stations: Mapping[str, str] | None = None
) -> list[LabelledBurst]:
    at = stations or {}
    return [LabelledBurst(name, tuple(frames), at.get(name)) for name, frames in bursts.items()]


def _station(survey: str, station: str) -> str:
    """One name for a station wherever it comes from: ``02-4`` for survey 02, station 04."""
    return f"{survey}-{station.lstrip('0')}"


def _around(mask: Image.Image) -> Box | None:
    """The box around what is white in a mask."""
    corners = mask.getbbox()
    if corners is None:
        return None
    x0, y0, x1, y1 = corners
    return Box(x0 / mask.width, y0 / mask.height, (x1 - x0) / mask.width, (y1 - y0) / mask.height)


def _from_corners(row: Row) -> Box:
    width, height = float(row["width"]), float(row["height"])
    x0, y0, x1, y1 = (float(row[name]) for name in ("xmin", "ymin", "xmax", "ymax"))
    return Box(x0 / width, y0 / height, (x1 - x0) / width, (y1 - y0) / height)


SOURCES = {
    "snow_leopard": Source(
        "camera traps in the Pamir, rock and scree; empty scenes", snow_leopards
    ),
    "snow_leopard_burst_masks": Source("two whole bursts from the same traps", masked_bursts),
    "amur_leopard_boxes": Source(
        "photographs from zoos and the wild", amur_leopards, trapped=False
    ),
    "bigcat_thumbs": Source("photographs from the web, small", big_cats, trapped=False),
    "north_america": Source("camera traps, cougars and deer", labelled_folder),
    "southwest": Source("camera traps", labelled_folder),
    "burrow_cameras": Source("a few fixed cameras, nobody checked the labels", labelled_folder),
    "ena24": Source("camera traps in eastern North America", labelled_folder),
    "serengeti_guide": Source("frames cut from camera traps, 54 species", labelled_folder),
    "gorongosa_guide": Source("frames cut from camera traps, 43 species", labelled_folder),
    "serengeti_bursts": Source("camera traps by day", serengeti_bursts),
    "imagenet_one_each": Source(
        "photographs of things, a sample, and all with a person", imagenet, trapped=False
    ),
}
_NOT_FOR_DETECTION = ("leopard_identities", "nyala_identities")
"""Flanks that were cut out already: for telling individuals, and no test of finding any."""
