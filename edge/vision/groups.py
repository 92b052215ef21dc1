"""What kind of thing a look shows: a small network on the species model's embedding.

The classifier that names species learnt from portraits and knows no rock, no people and hardly a
grey cat on grey stone. Its 1280 features tell them apart all the same; two small layers on top of
them, fitted to pictures from traps, say how likely each group is. They cost nothing beside the
embedding and can be fitted again on a laptop (``irbis train``).
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.vision.errors import InferenceError
from edge.vision.interpreter import Output
from edge.vision.odds import log_odds, probability
from models.registry import ModelEntry

Floats = NDArray[np.float32]

LEAST = 1e-3
"""Nearest to 0 and 1 that a probability counts: beyond that both models are equally sure."""
OTHER_ANIMAL, PERSON, VEHICLE, BLANK = "animal", "person", "vehicle", "blank"
NO_SPECIES = (OTHER_ANIMAL, PERSON, VEHICLE, BLANK)
"""Groups that every head has; all others are called by a species' scientific name."""
_ARRAYS = ("mean", "spread", "hidden", "hidden_bias", "out", "out_bias")
_NUMBERS = ("species_weight", "offset")


@dataclass(frozen=True, slots=True)
class GroupHead:
    """Two layers: ``softmax(relu((e - mean) / spread @ hidden + b) @ out + c)``.

    ``hidden`` is ``(D, H)``, ``out`` ``(H, G)``, all float32; ``groups`` names the G outputs.
    ``species_weight`` and ``offset`` say how its word on the target is put together with the
    species model's (see ``target_mass``).
    """

    groups: tuple[str, ...]
    mean: Floats
    spread: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats
    species_weight: float = 0.0
    offset: float = 0.0

    def probabilities(self, embedding: Output) -> Mapping[str, float]:
        """Probability of each group, adding up to 1, for an embedding ``(D,)``."""
        features = (embedding - self.mean) / self.spread
        inner = np.maximum(features @ self.hidden + self.hidden_bias, 0)
        logits = inner @ self.out + self.out_bias
        weights = np.exp(logits - logits.max())
        weights /= weights.sum()
        return dict(zip(self.groups, weights.tolist(), strict=True))

    def target_mass(self, own: float, species: float) -> float:
        """The target's probability from this head's ``own`` and the ``species`` model's.

        The logarithms of their odds are added, with a weight. Alone the head takes grey rodents on
        bare ground for grey cats on rock; the species model has seen neither rock nor your valley,
        but it knows a squirrel. At 99 in 100 frames of snow leopards from stations held out, other
        animals were called one in 0.5 per cent of frames where the head alone did in 2.9.
        """
        odds = log_odds(own, LEAST) + self.species_weight * log_odds(species, LEAST) + self.offset
        return probability(odds)


def load_group_head(entry: ModelEntry, contents: bytes, features: int) -> GroupHead:
    """Read a group head; ``contents`` is what ``entry.read()`` returned, an ``.npz``.

    Raises InferenceError where it is no such file, its shapes disagree, or it wants other than
    ``features`` features.
    """
    try:
        with np.load(io.BytesIO(contents), allow_pickle=False) as arrays:
            found = {name: np.asarray(arrays[name], np.float32) for name in _ARRAYS}
            numbers = {name: float(arrays[name]) for name in _NUMBERS}
    except (KeyError, TypeError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InferenceError(f"{entry.name}: not a group head: {error}") from error
    missing = [name for name in NO_SPECIES if name not in entry.labels]
    if missing:
        raise InferenceError(f"{entry.name}: lacks the group {missing[0]!r}")
    head = GroupHead(
        entry.labels,
        **found,
        species_weight=numbers["species_weight"],
        offset=numbers["offset"],
    )
    width = head.hidden_bias.size
    wanted = {
        "mean": (features,),
        "spread": (features,),
        "hidden": (features, width),
        "hidden_bias": (width,),
        "out": (width, len(entry.labels)),
        "out_bias": (len(entry.labels),),
    }
    for name, shape in wanted.items():
        if found[name].shape != shape:
            raise InferenceError(
                f"{entry.name}: {name} has the shape {found[name].shape}, {shape} expected; "
                "it was fitted to another species model"
            )
    finite = all(np.isfinite(array).all() for array in found.values())
    if not (finite and all(map(math.isfinite, numbers.values()))) or not head.spread.all():
        raise InferenceError(f"{entry.name}: holds numbers that are none; install it again")
    return head
