"""Label files: CSV with one row a picture, or a picture's box."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from edge.capture.listing import is_picture
from edge.records import Box
from tools.boxes import box_in
from tools.evaluate.labelled import EvaluationError, LabelledBurst, LabelledFrame, Truth
from tools.evaluate.labels import mode_of, truth_of


class Row(dict[str, str]):
    """A row of a table by its columns; ``where`` names its file and line."""

    where = ""


def rows_of(table: Path, *columns: str) -> list[Row]:
    """The rows of a CSV file. Raises EvaluationError when it, or one of ``columns``, is missing."""
    rows: list[Row] = []
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            titles = reader.fieldnames or ()
            for cells in reader:
                row = Row(cells)
                row.where = f"{table}, line {reader.line_num}"
                rows.append(row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EvaluationError(f"{table}: cannot be read as CSV: {error}") from error
    if not titles:
        raise EvaluationError(
            f"{table}: is empty; its first line names the columns, as in file,label"
        )
    missing = set(columns) - set(titles)
    if missing:
        raise EvaluationError(f"{table}: lacks the column(s) {', '.join(sorted(missing))}")
    return rows


def labelled_folder(folder: Path, otherwise: Truth = Truth.ANIMAL) -> list[LabelledBurst]:
    """The pictures in ``folder`` by its ``labels.csv``.

    Columns: ``file`` (or ``filepath``), ``label``; and where known ``burst``, ``station``, ``mode``
    (day, ir, flash), and ``x,y,w,h``, a box normalised to the frame, with one row for each box.
    """
    rows = rows_of(folder / "labels.csv", "label")
    grouped: dict[str, dict[str, list[Row]]] = {}
    stations: dict[str, str] = {}
    for row in rows:
        name = row.get("file") or row.get("filepath") or ""
        if not name:
            raise EvaluationError(f"{row.where}: names no file")
        burst = row.get("burst") or name
        grouped.setdefault(burst, {}).setdefault(name, []).append(row)
        if row.get("station"):
            stations[burst] = row["station"]
    return [
        LabelledBurst(
            burst,
            tuple(_frame(folder, file, of_file, otherwise) for file, of_file in files.items()),
            stations.get(burst),
        )
        for burst, files in grouped.items()
    ]


def foldered(folder: Path, most: int) -> Iterator[LabelledBurst]:
    """Pictures in subfolders named by their label, ``most`` of each, spread evenly."""
    for subfolder in sorted(path for path in folder.iterdir() if path.is_dir()):
        pictures = sorted(path for path in subfolder.iterdir() if is_picture(path))
        for path in spread(pictures, most):
            yield single(path, truth_of(subfolder.name), subfolder.name)


def single(path: Path, truth: Truth, label: str) -> LabelledBurst:
    """A picture that stands alone."""
    return LabelledBurst(path.name, (LabelledFrame(path, truth, label=label),))


def spread(paths: list[Path], most: int) -> list[Path]:
    """At most ``most`` of ``paths``, evenly spread, the same ones each time."""
    if len(paths) <= most:
        return paths
    return [paths[i * len(paths) // most] for i in range(most)]


def box_of(row: Row) -> Box | None:
    """The box in the columns x, y, w, h, normalised to the frame; None where they are empty.

    Raises EvaluationError, naming the line, for anything else: a box in pixels, or half of one,
    would be counted as a miss.
    """
    try:
        return box_in(row)
    except ValueError as error:
        raise EvaluationError(f"{row.where}: {error}") from None


def boxes_by_file(rows: Iterable[tuple[str, Box | None]]) -> dict[str, tuple[Box, ...]]:
    """All boxes of each file."""
    found: dict[str, tuple[Box, ...]] = {}
    for file, box in rows:
        found[file] = (*found.get(file, ()), *([box] if box is not None else []))
    return found


def _frame(folder: Path, file: str, rows: list[Row], otherwise: Truth) -> LabelledFrame:
    boxes = tuple(box for box in map(box_of, rows) if box is not None)
    # A picture of several things is one of the thing that matters most.
    label = min(
        (row["label"] for row in rows),
        key=lambda word: list(Truth).index(truth_of(word, otherwise)),
    )
    truth = truth_of(label, otherwise)
    return LabelledFrame(folder / file, truth, boxes or None, mode_of(rows[0].get("mode")), label)
