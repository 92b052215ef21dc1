"""Which of the pictures are judged: some stations, or one fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tools.evaluate.folds import fold_of, fold_of_place, place_of, stations_of
from tools.evaluate.labelled import EvaluationError, LabelledBurst, LabelledSet


class Fold(NamedTuple):
    """Fold ``number`` (from 0) of ``folds``."""

    number: int
    folds: int

    def __str__(self) -> str:
        return f"fold {self.number}/{self.folds}"


def parse_fold(text: str) -> Fold:
    """``K/N`` with K from 0 to N-1. Raises ValueError."""
    number, stroke, folds = text.partition("/")
    if not stroke or not number.isdecimal() or not folds.isdecimal():
        raise ValueError(f"{text!r}: a fold is written K/N, as in 0/4")
    if int(number) >= int(folds):
        raise ValueError(f"{text!r}: the folds of {folds} are 0 to {int(folds) - 1}")
    return Fold(int(number), int(folds))


def only_fold(sets: Sequence[LabelledSet], fold: Fold) -> list[LabelledSet]:
    """The sets with the bursts of one fold; the others were there to train on."""
    stations = fold_of(stations_of(sets), fold.folds)
    return _only(
        sets,
        lambda one, burst: fold_of_place(place_of(one, burst), stations, fold.folds) == fold.number,
        f"{fold} holds nothing of these pictures: a set without stations falls into one fold as a"
        " whole; name them in a column `station` of labels.csv, or take fewer folds",
    )


def only_places(sets: Sequence[LabelledSet], places: Set[str]) -> list[LabelledSet]:
    """The sets with the bursts of ``places``, as ``place_of`` names them."""
    return _only(
        sets,
        lambda one, burst: place_of(one, burst) in places,
        "training kept none of these pictures back; name the same folders as for training, or train"
        " again with --hold-out 0/4",
    )


def check_places(sets: Sequence[LabelledSet], places: Set[str]) -> None:
    """Raises EvaluationError where the sets hold a burst of any other place."""
    judged = {place_of(one, burst) for one in sets for burst in one.bursts}
    learnt = sorted(judged - places)
    if learnt:
        others = f" and {len(learnt) - 1} more" if len(learnt) > 1 else ""
        raise EvaluationError(
            f"training did not keep back {learnt[0]}{others}; --held-out judges what it did"
        )


def without(sets: Sequence[LabelledSet], files: Set[Path]) -> list[LabelledSet]:
    """The sets without the bursts that hold one of ``files``."""
    return _only(
        sets,
        lambda _, burst: not any(frame.path in files for frame in burst.frames),
        "every picture of this part has a copy in another one",
    )


def only_stations(sets: Sequence[LabelledSet], stations: Sequence[str]) -> list[LabelledSet]:
    """The sets with the bursts of ``stations``. Raises EvaluationError for one nobody knows."""
    known = stations_of(sets)
    unknown = [name for name in stations if name not in known]
    if unknown:
        raise EvaluationError(
            f"no pictures of station {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )
    return _only(sets, lambda _, burst: burst.station in stations, "no burst of these stations")


def _only(
    sets: Sequence[LabelledSet],
    wanted: Callable[[LabelledSet, LabelledBurst], bool],
    nothing: str,
) -> list[LabelledSet]:
    found = [
        replace(one, bursts=tuple(burst for burst in one.bursts if wanted(one, burst)))
        for one in sets
    ]
    found = [one for one in found if one.bursts]
    if not found:
        raise EvaluationError(nothing)
    return found
