"""Which places are learnt from and which are kept to judge by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from tools.evaluate.folds import fold_of, fold_of_place, place_of, stations_of
from tools.evaluate.labelled import LabelledSet
from tools.evaluate.selection import Fold
from tools.train.errors import TrainingError
from tools.train.material.samples import Sample


def places_in(sets: Sequence[LabelledSet], fold: Fold) -> frozenset[str]:
    """The places of one fold, as ``irbis evaluate --fold`` divides the same sets.

    Pictures of one station are near-copies, and those of one collection share cameras and country;
    a model is judged by what it does elsewhere.
    """
    stations = fold_of(stations_of(sets), fold.folds)
    return frozenset(
        place
        for place in _places(sets)
        if fold_of_place(place, stations, fold.folds) == fold.number
    )


def divided(
    samples: Sequence[Sample], kept_back: Set[str]
) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """The samples to learn from and those of places ``kept_back``.

    Raises TrainingError where either is empty: a model would be judged by nothing.
    """
    learnt = [sample for sample in samples if sample.place not in kept_back]
    held = [sample for sample in samples if sample.place in kept_back]
    if not learnt or not held:
        nothing = "would hold nothing back" if learnt else "would hold everything back"
        places = len({sample.place for sample in samples})
        raise TrainingError(
            f"--hold-out {nothing}: the pictures come from {places} place(s); name stations in a"
            " column `station` of labels.csv, take another fold, or learn from all with --hold-out"
            " none"
        )
    return learnt, held


def _places(sets: Sequence[LabelledSet]) -> Iterator[str]:
    for one in sets:
        for burst in one.bursts:
            yield place_of(one, burst)
