"""Makes the parts network out of a folder of labelled photographs, and measures it on the way."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import IrbisError
from edge.records import Box
from edge.vision.parts_net import PartsNet
from edge.vision.window import window_around
from models.registry import ModelEntry
from tools.evaluate.folds import fold_of
from tools.train.parts.fitting import UNLEARNT, Recipe, Table, fit, table_of
from tools.train.parts.measuring import Answer, Report, answers, report
from tools.train.parts.samples import MapReader, Sample, samples
from tools.train.parts.sets import Animal, animals, picture

NAME = "coat-parts"
THRESHOLDS = {"side": 0.8, "end": 0.6, "head": 0.4}
"""Least probability of a left or right side, of front or rear, and of a head's surest cell."""
STATIONS = ("snow_leopard", "hand_masks")
"""Collections whose places are stations, which are what is divided into folds."""


Tell = Callable[[int, float], None]
"""Called with the step and its loss."""


class NothingToLearn(IrbisError, ValueError):
    """The folder holds no animal of a known side."""


@dataclass(frozen=True, slots=True)
class Material:
    """All animals, all looks at them, and those looks as tensors."""

    animals: Sequence[Animal]
    samples: Sequence[Sample]
    table: Table

    @property
    def learnt_from(self) -> Mapping[str, int]:
        """The number of animals of each collection that is ever learnt from."""
        return Counter(one.collection for one in self.animals if one.collection not in UNLEARNT)


def gather(data: Path, species: ModelEntry, recipe: Recipe) -> Material:
    """Look at every animal under ``data``. Raises NothingToLearn."""
    found = list(animals(data))
    if not any(animal.side for animal in found):
        raise NothingToLearn(
            f"{data} holds no animal of a known side: see tools/train/parts/sets.py for the "
            "folders and label files that are read"
        )
    reader = MapReader(species)
    looks = list(samples(found, reader, recipe.seed))
    return Material(found, looks, table_of(looks, reader.scales, recipe))


def learnt(material: Material, recipe: Recipe, left_out: frozenset[str], tell: Tell) -> bytes:
    """The network fitted to all but the stations ``left_out``, as a file."""
    rows = [
        index
        for index, sample in enumerate(material.samples)
        if sample.collection not in UNLEARNT
        and not (sample.collection in STATIONS and sample.place in left_out)
    ]
    network = fit([material.samples[row] for row in rows], material.table.rows(rows), recipe, tell)
    out = io.BytesIO()
    arrays: dict[str, Any] = {**network.arrays()}  # any, for numpy has options among these names
    np.savez(out, **arrays)
    return out.getvalue()


def held_out(
    material: Material, entry: ModelEntry, recipe: Recipe, folds: int, tell: Tell
) -> dict[str, Report]:
    """What the network gets right at stations it did not learn from, by collection.

    ``entry`` lends its name to complaints.
    """
    plain = [s for s in material.samples if s.plain and s.collection in STATIONS]
    fold = fold_of(Counter(s.place for s in plain if s.collection == STATIONS[0]), folds)
    given: dict[str, list[Answer]] = {name: [] for name in STATIONS}
    for number in range(folds):
        left_out = frozenset(place for place, of in fold.items() if of == number)
        network = PartsNet(entry, learnt(material, recipe, left_out, tell))
        for sample in plain:
            if sample.place in left_out:
                shown = [(sample, *_places(material.animals[sample.animal]))]
                given[sample.collection] += answers(shown, network, material.table.scales)
    side, head = THRESHOLDS["side"], THRESHOLDS["head"]
    return {name: report(found, side, head) for name, found in given.items()}


def _places(animal: Animal) -> tuple[Box, Box | None, Box]:
    height_px, width_px = picture(animal.path).shape[:2]
    return animal.box, animal.head, window_around(animal.box, width_px, height_px)
