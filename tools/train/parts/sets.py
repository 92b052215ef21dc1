"""Animals with a known side, head or coat, read from a folder of labelled photographs.

The folder holds any of `snow_leopard/` (`labels.csv`, `boxes.csv`, `masks/`),
`snow_leopard_burst_masks/` (masks drawn by hand: to test with, never to learn from),
`leopard_identities/` and `nyala_identities/` (pictures that are one animal each).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.records import Box, Side
from edge.vision.boxes import WHOLE
from edge.vision.errors import DecodeError
from tools.boxes import COLUMNS, box_in
from tools.train.errors import TrainingError
from tools.train.parts.masks import mended, trust, trusted

Mask = NDArray[np.uint8]
SIDES = {"l": Side.LEFT, "r": Side.RIGHT, "f": Side.FRONT, "b": Side.REAR}


@dataclass(frozen=True, slots=True)
class Animal:
    """One animal. ``place`` is what must not be on both sides of a split: the station, or the
    individual; ``side`` is None where nobody noted it, ``mask`` where none can be trusted."""

    collection: str
    place: str
    path: Path
    box: Box
    side: Side | None
    head: Box | None = None
    mask: Mask | None = field(default=None, repr=False)


def animals(data: Path) -> Iterator[Animal]:
    """Every animal under ``data``, in the order of the label files.

    Raises TrainingError for a box that is none.
    """
    yield from _snow_leopards(data / "snow_leopard")
    yield from _hand_masks(data / "snow_leopard_burst_masks")
    yield from _portraits(data / "leopard_identities", "view")
    yield from _portraits(data / "nyala_identities", "side")


def picture(path: Path) -> NDArray[np.uint8]:
    """The RGB pixels of a file. Raises DecodeError."""
    read = cv2.imread(str(path))
    if read is None:
        raise DecodeError(f"{path}: not a picture that can be decoded; take it out")
    return np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), np.uint8)


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _snow_leopards(folder: Path) -> Iterator[Animal]:
    stations = {row["file"]: row["station"] for row in _rows(folder / "labels.csv")}
    for row in _rows(folder / "boxes.csv"):
        path = folder / row["file"]
        box, head = _box(row, ""), _box(row, "head_")
        if box is None:
            raise TrainingError(f"boxes.csv, {row['file']}: no box is drawn")
        mask = _automatic_mask(folder / "masks" / f"{path.stem}.png", path, box)
        station = stations[row["file"]]
        yield Animal("snow_leopard", station, path, box, Side(row["view"]), head, mask)


def _automatic_mask(path: Path, photograph: Path, box: Box) -> Mask | None:
    read = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if read is None:
        return None
    pixels = picture(photograph)
    size = (pixels.shape[1], pixels.shape[0])
    drawn = np.asarray(cv2.resize(read, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    better = mended(pixels, drawn, box)
    return better if trusted(trust(drawn, box), trust(better, box)) else None


def _hand_masks(folder: Path) -> Iterator[Animal]:
    for row in _rows(folder / "labels.csv"):
        if not row["gt_mask"]:
            continue
        read = cv2.imread(str(folder / row["gt_mask"]), cv2.IMREAD_GRAYSCALE)
        if read is None:
            raise DecodeError(f"{folder / row['gt_mask']}: no mask that can be decoded")
        mask = np.asarray(read, np.uint8)
        ys, xs = np.nonzero(mask > 127)
        height_px, width_px = mask.shape
        box = Box(
            xs.min() / width_px,
            ys.min() / height_px,
            (np.ptp(xs) + 1) / width_px,
            (np.ptp(ys) + 1) / height_px,
        )
        station = row["camera"].split("-")[1].removeprefix("S").lstrip("0")
        yield Animal("hand_masks", station, folder / row["file"], box, None, None, mask)


def _portraits(folder: Path, column: str) -> Iterator[Animal]:
    for row in _rows(folder / "labels.csv"):
        side = SIDES[row[column][:1].lower()]
        yield Animal(folder.name, row["identity"], folder / row["file"], WHOLE, side)


def _box(row: dict[str, str], prefix: str) -> Box | None:
    try:
        return box_in({name: row[prefix + name] for name in COLUMNS})
    except ValueError as error:
        raise TrainingError(f"boxes.csv, {row['file']}: {error}") from None
