"""Which samples are learnt from and which are kept to judge by."""

from __future__ import annotations

from collections.abc import Sequence

from tools.evaluate.folds import fold_of, fold_of_name, stations_of
from tools.evaluate.labelled import LabelledSet
from tools.train.material.samples import Sample


def folds_of(samples: Sequence[Sample], sets: Sequence[LabelledSet], folds: int) -> list[int]:
    """The fold of each sample: that of its station, or of the whole collection it comes from.

    Pictures of one station are near-copies, and those of one collection share cameras and country;
    a model is judged by what it does elsewhere.
    """
    stations = fold_of(stations_of(sets), folds)
    return [
        stations[sample.place] if sample.place in stations else fold_of_name(sample.place, folds)
        for sample in samples
    ]
