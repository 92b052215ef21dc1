"""Pictures of named individuals, and which of them were taken at one visit.

A set is a folder with ``labels.csv``. Its columns go by several names: ``file``; ``individuals``,
``individual`` or ``identity``; ``side`` or ``view``; and what tells visits apart: ``encounter``, or
``station`` (``camera``) with ``datetime``. ``boxes.csv`` beside it, where there is one, gives the
animals' boxes and the sides as seen by eye.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from edge.records import Box, Side
from edge.vision.boxes import WHOLE
from tools.catalogue.labels import TABLE, Flank

VISIT_GAP = timedelta(hours=1)
"""Pictures at one station closer in time than this are one visit: the same cat in the same pose
and light, before the same rock."""
_SIDES = {"left": Side.LEFT, "l": Side.LEFT, "right": Side.RIGHT, "r": Side.RIGHT}
_NAMES = ("individuals", "individual", "identity")
_Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A flank with its burst, its visit and, where it is known, its station; pictures of one visit
    never answer for each other."""

    flank: Flank
    burst: str
    visit: str
    station: str = ""


def find_sets(data: Sequence[Path]) -> list[Path]:
    """The folders that name individuals: those of ``data``, and those right below them."""
    folders = [folder for given in data for folder in (given, *sorted(given.glob("*/")))]
    return [folder for folder in dict.fromkeys(folders) if _names_individuals(folder)]


def read_set(folder: Path) -> list[Labelled]:
    """The left and right flanks of a set whose individual is known."""
    rows = {row["file"]: row for row in _rows(folder / TABLE)}
    boxes = _rows(folder / "boxes.csv")
    found: list[tuple[_Row, Side, Box]] = []
    for row in rows.values() if not boxes else ():
        if side := _side(row):
            found.append((row, side, WHOLE))
    for box in boxes:
        if box["file"] in rows and box.get("sure", "1") != "0" and (side := _side(box)):
            place = Box(*(min(1.0, max(0.0, float(box[edge]))) for edge in "xywh"))
            found.append((rows[box["file"]], side, place))
    visits = _visits(list(rows.values()))
    return [
        Labelled(
            Flank(folder / row["file"], _individual(row), side, box),
            row.get("burst") or visits[row["file"]],
            visits[row["file"]],
            row.get("station", ""),
        )
        for row, side, box in found
        if _individual(row)
    ]


def _rows(table: Path) -> list[_Row]:
    if not table.exists():
        return []
    with table.open(newline="", encoding="utf-8-sig") as file:
        return [{key: value or "" for key, value in row.items()} for row in csv.DictReader(file)]


def _names_individuals(folder: Path) -> bool:
    table = folder / TABLE
    if not table.is_file():
        return False
    with table.open(encoding="utf-8-sig") as file:
        columns = file.readline().strip().split(",")
    named = "file" in columns and any(name in columns for name in _NAMES)
    # Who tells no sides does not mean individuals to be compared.
    return named and ("side" in columns or "view" in columns or (folder / "boxes.csv").exists())


def _side(row: _Row) -> Side | None:
    return _SIDES.get((row.get("side") or row.get("view") or "").lower())


def _individual(row: _Row) -> str:
    return next((row[name] for name in _NAMES if row.get(name)), "")


def _visits(rows: Sequence[_Row]) -> dict[str, str]:
    """The visit of each file."""
    if all(row.get("encounter") for row in rows):
        return {row["file"]: f"{_individual(row)} {row['encounter']}" for row in rows}
    visits: dict[str, str] = {}
    ordered = sorted(rows, key=lambda row: (_place(row), row.get("datetime", "")))
    for place, group in groupby(ordered, key=_place):
        last, number = datetime.min, 0
        for row in group:
            taken = datetime.fromisoformat(row["datetime"])
            number += taken - last > VISIT_GAP
            visits[row["file"]], last = f"{place} {number}", taken
    return visits


def _place(row: _Row) -> str:
    return row.get("station") or row.get("camera", "")


def merged(flanks: Sequence[Labelled]) -> list[Labelled]:
    """``A+B`` says that both were there and not who is seen: whoever was ever seen together is one
    answer, named by all of them."""
    groups: list[set[str]] = []
    for one in flanks:
        names = set(one.flank.individual.split("+"))
        touching = [group for group in groups if group & names]
        groups = [group for group in groups if not group & names]
        groups.append(names.union(*touching))
    name_of = {name: "+".join(sorted(group)) for group in groups for name in group}
    return [_renamed(one, name_of[one.flank.individual.split("+")[0]]) for one in flanks]


def _renamed(one: Labelled, individual: str) -> Labelled:
    return replace(one, flank=replace(one.flank, individual=individual))
