"""From labelled sets to training samples: drawn boxes where there are any, taught ones elsewhere.

What a label says and what a teacher found are brought together here, and where they leave a doubt
the place is marked unsure, so that nothing is learnt from it in either direction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.records import Box
from edge.vision.boxes import overlap
from tools.evaluate.folds import place_of
from tools.evaluate.labelled import EvaluationError, LabelledFrame, LabelledSet, Truth
from tools.evaluate.labels import plain, truth_of
from tools.evaluate.tables import Row, box_of, rows_of
from tools.train.material.samples import LABELS, OTHER_ANIMAL, TARGETS, Floats, Sample
from tools.train.material.teacher import Teacher

SURE = 0.35
"""A taught box of at least this score is an animal where the label says that there is one."""
FALLBACK = 0.2
"""Where there is none so sure, the best taught box of at least this score is."""
KNOWN_SURE = 0.5
"""A noted person or vehicle of at least this score is one, below it the place is unsure."""
_NONE = np.zeros((0, 4), np.float32)
_KINDS = {
    Truth.TARGET: "animal",
    Truth.COUSIN: "animal",
    Truth.ANIMAL: "animal",
    Truth.HUMAN: "person",
    Truth.VEHICLE: "vehicle",
}


@dataclass(frozen=True, slots=True)
class Noted:
    """A person, vehicle or animal that a teacher of everyday things saw (see ``read_notes``)."""

    label: str
    box: Floats
    score: float


def read_notes(table: Path) -> dict[str, list[Noted]]:
    """Notes by set and file name from a CSV with columns set, file, label, score, x, y, w, h.

    Raises EvaluationError, naming the line, for a row that is no note.
    """
    notes: dict[str, list[Noted]] = {}
    for row in rows_of(table, "set", "file", "label", "score", *"xywh"):
        notes.setdefault(f"{row['set']}/{row['file']}", []).append(_noted(row))
    return notes


def _noted(row: Row) -> Noted:
    box = box_of(row)
    try:
        score = float(row["score"])
    except ValueError:
        score = -1.0
    if box is None or row["label"] not in LABELS or not 0 <= score <= 1:
        raise EvaluationError(
            f"{row.where}: no note; it takes a label ({', '.join(LABELS)}), a score from 0 to 1 and"
            " a box in shares of the picture"
        )
    return Noted(row["label"], np.array(_numbers(box), np.float32), score)


def collect(
    sets: Iterable[LabelledSet], teacher: Teacher, notes: dict[str, list[Noted]]
) -> Iterator[Sample]:
    """The samples of all sets. Pictures that nobody can say anything about are left out, those
    labelled ``unknown`` or not at all among them."""
    for one in sets:
        for burst in one.bursts:
            for frame in burst.frames:
                noted = notes.get(f"{one.name}/{frame.path.name}", [])
                known = _known(frame, teacher, noted)
                if known is not None:
                    yield Sample(
                        frame.path,
                        *known,
                        animal=TARGETS.get(plain(frame.label), OTHER_ANIMAL),
                        source=_source(one, frame),
                        place=place_of(one, burst),
                    )


def _source(one: LabelledSet, frame: LabelledFrame) -> str:
    """Where a picture is drawn from when a batch is made up; empty scenes are drawn for
    themselves."""
    return f"{one.name}/empty" if frame.truth is Truth.BLANK else one.name


_Known = tuple[Floats, np.ndarray, Floats]


def _known(frame: LabelledFrame, teacher: Teacher, noted: list[Noted]) -> _Known | None:
    if truth_of(frame.label) is Truth.OTHER:
        return None  # the word says that nobody looked, or names several kinds of things
    if frame.truth is Truth.BLANK:
        return _NONE, _labels([]), _NONE
    if frame.boxes:
        boxes = np.array([_numbers(box) for box in frame.boxes], np.float32)
        return boxes, _labels([_KINDS[frame.truth]] * len(boxes)), _NONE
    if frame.truth is Truth.OTHER:
        return _things(noted)
    return _taught(frame, teacher.found_in(frame.path), noted)


def _things(noted: list[Noted]) -> _Known | None:
    """A picture of things: what was noted is there, everything else is background."""
    sure = [note for note in noted if note.score >= KNOWN_SURE]
    rest = [note.box for note in noted if note.score < KNOWN_SURE]
    boxes = np.array([note.box for note in sure], np.float32).reshape(-1, 4)
    return boxes, _labels([n.label for n in sure]), np.array(rest, np.float32).reshape(-1, 4)


def _taught(frame: LabelledFrame, found: Floats, noted: list[Noted]) -> _Known | None:
    kind = _KINDS[frame.truth]
    scores = found[:, 4]
    sure = scores >= SURE
    if not sure.any():
        sure = (scores >= FALLBACK) & (np.arange(len(scores)) == 0)
    people = [n for n in noted if n.label != "animal" and n.score >= KNOWN_SURE]
    if kind != "animal":
        people = [n for n in noted if n.label == kind] or people
    other = np.array([n.box for n in people], np.float32).reshape(-1, 4)
    animals = found[sure, :4]
    animals = animals[[all(_shared(box, person) < 0.5 for person in other) for box in animals]]
    boxes = np.concatenate([animals, other])
    if not len(boxes):
        return None
    labels = [kind] * len(animals) + [note.label for note in people]
    return boxes, _labels(labels), np.concatenate([found[~sure, :4], _NONE])


def _labels(names: list[str]) -> np.ndarray:
    return np.array([LABELS.index(name) for name in names], np.int64)


def _numbers(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.w, box.h


def _shared(a: Floats, b: Floats) -> float:
    """Intersection over union of two x, y, w, h."""
    return overlap(Box(*map(float, a)), Box(*map(float, b)))
