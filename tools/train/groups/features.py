"""Embeddings of labelled looks, from the species model that stations run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.vision.interpreter import Network
from edge.vision.letterbox import Letterbox
from edge.vision.species import target_classes
from models.registry import ModelEntry
from tools.train.groups.looks import looks_of
from tools.train.material.samples import Sample

TARGET_SPECIES = ("Panthera uncia", "Panthera pardus")
PASSES = 3
"""How often each picture is looked at: once as it is, then in other light."""


@dataclass(frozen=True, slots=True)
class Looked:
    """``embeddings`` ``(N, D)`` and ``groups`` ``(N,)`` of looks, and the species model's own
    probability ``(N,)`` of a target.

    ``samples`` ``(N,)`` numbers the sample that was looked at; ``altered`` ``(N,)`` looks were in
    another light than the picture's own.
    """

    embeddings: NDArray[np.float32]
    groups: NDArray[np.int64]
    species_masses: NDArray[np.float32]
    samples: NDArray[np.int64]
    altered: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> Looked:
        """The looks of which ``chosen`` ``(N,)`` is true."""
        return Looked(
            self.embeddings[chosen],
            self.groups[chosen],
            self.species_masses[chosen],
            self.samples[chosen],
            self.altered[chosen],
        )


def features_of(
    samples: Sequence[Sample],
    species: ModelEntry,
    tell: Callable[[int, int], None],
    passes: int = PASSES,
    seed: int = 1,
) -> Looked:
    """What the species model makes of every look at ``samples``.

    ``tell(done, all)`` after each picture. Raises DecodeError for a picture that cannot be decoded.
    """
    network = Network(species.read(), species.input, 1)
    letterbox = Letterbox(species.input)
    output = species.output("embedding").index
    probabilities = species.output("probabilities").index
    targets = list(target_classes(species.load_labels(), TARGET_SPECIES, species.name))
    embeddings: list[NDArray[np.float32]] = []
    groups: list[int] = []
    masses: list[float] = []
    turns: list[tuple[int, int]] = []
    for number in range(passes * len(samples)):
        turn, index = divmod(number, len(samples))
        random = np.random.default_rng((seed, turn, index))
        for look in looks_of(samples[index], random, altered=turn > 0):
            canvas, _ = letterbox.place(look.pixels)
            network.run(canvas)
            embeddings.append(np.array(network.output(output), np.float32))
            groups.append(look.group)
            masses.append(float(network.output(probabilities)[targets].sum()))
            turns.append((turn, index))
        tell(number + 1, passes * len(samples))
    when = np.array(turns, np.int64).reshape(-1, 2)
    return Looked(
        np.array(embeddings, np.float32).reshape(len(groups), -1),
        np.array(groups, np.int64),
        np.array(masses, np.float32),
        samples=when[:, 1],
        altered=when[:, 0] > 0,
    )
