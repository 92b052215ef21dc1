"""The table that says who is on which picture: labels.csv.

Columns ``file`` (relative to the folder), ``individual``, ``side`` (left, right), and optionally
``x, y, w, h``: the animal's box, top-left corner and size in shares of the picture; and ``visit``,
any word that pictures of one visit share. Further columns are ignored. Without a box the whole
picture is the animal; without a visit each picture is one of its own.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from edge.records import Box, Side
from edge.vision.boxes import WHOLE
from tools.boxes import box_in
from tools.catalogue.errors import LabelsError

TABLE = "labels.csv"
_NEEDED = ("file", "individual", "side")


@dataclass(frozen=True, slots=True)
class Flank:
    """One labelled animal on one picture."""

    path: Path
    individual: str
    side: Side
    box: Box
    visit: str = ""


def read_labels(folder: Path) -> list[Flank]:
    """The rows of ``folder``'s table. Raises LabelsError, naming the line."""
    table = folder / TABLE
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise LabelsError(f"{table}: column missing: {', '.join(missing)}")
            return [_flank(row, folder, f"{table}, line {reader.line_num}") for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelsError(f"{table}: cannot be read: {error}") from error


def _flank(row: dict[str, str | None], folder: Path, where: str) -> Flank:
    values = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
    if not values["file"] or not values["individual"]:
        raise LabelsError(f"{where}: file and individual must not be empty")
    try:
        side = Side(values["side"])
    except ValueError:
        side = Side.UNCLEAR
    if side not in (Side.LEFT, Side.RIGHT):
        raise LabelsError(f"{where}: side is {values['side']!r}, expected left or right")
    visit = values.get("visit") or values["file"]
    return Flank(folder / values["file"], values["individual"], side, _box(values, where), visit)


def _box(values: dict[str, str], where: str) -> Box:
    try:
        return box_in(values) or WHOLE
    except ValueError as error:
        raise LabelsError(f"{where}: {error}") from None
