"""From labelled samples to a registered group head."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.vision.groups import LEAST, load_group_head
from models.registry import ModelEntry, Registry
from tools.train.groups.card import card
from tools.train.groups.features import Looked
from tools.train.groups.network import Floats, Ints, Layers, Recipe, fit
from tools.train.material.samples import GROUPS
from tools.train.registering import NewModel, source_table

TARGET_GROUPS = tuple(GROUPS.index(name) for name in GROUPS if name.startswith("Panthera"))
CALLED = 0.2
"""The mass from which a station calls a target by default (``[triage] target_mass``)."""
SHARPER = 1.4
"""Factor on the logits: a head fitted with smoothed labels is less sure than it should be, and
doubt (``[triage] doubt_mass``) would begin at a mass that bare rock often has."""
SPECIES_WEIGHT = 0.7
"""Weight of the species model's log odds beside the head's own: of 0 to 1 the one with fewest
false targets at 99 in 100 frames of snow leopards, on two folds of stations."""
TYPICAL_OFFSET = 0.3
"""Puts ``CALLED`` where those 99 in 100 frames were kept: what a head from scratch begins with."""


CALIBRATION = {
    "bias": 0.41,
    "slope": 0.85,
    "prior": 0.38,
    "visible": 0.95,
    "independence": 0.72,
    "alpha": 0.01,
    "beta": 0.3,
}
"""What a burst's largest mass is worth (see ``edge.vision.sequential.Calibration``): fitted on 627
bursts of two held-out folds, 38 per cent with a leopard. 99 per cent of 203 frames of snow leopards
had a mass of 0.05 or more, taken as 0.95 for stations to come; the log odds of two frames of a
burst correlate by 0.28."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted head: features are standardised by ``mean`` and ``spread`` ``(D,)`` first; for
    ``offset`` see ``edge.vision.groups.GroupHead.target_mass``."""

    layers: Layers
    mean: Floats
    spread: Floats
    offset: float = TYPICAL_OFFSET

    def probabilities(self, embeddings: Floats) -> Floats:
        """``(N, G)`` of embeddings ``(N, D)``."""
        return self.layers.probabilities((embeddings - self.mean) / self.spread)

    def target_masses(self, looked: Looked) -> Floats:
        """``(N,)`` as a station has it, both models together."""
        own = self.probabilities(looked.embeddings)[:, TARGET_GROUPS].sum(axis=1)
        odds = log_odds(own) + SPECIES_WEIGHT * log_odds(looked.species_masses) + self.offset
        return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def fit_head(
    embeddings: Floats,
    groups: Ints,
    recipe: Recipe,
    tell: Callable[[int, int, float], None],
    start: Fitted | None = None,
) -> Fitted:
    """Fit the head to embeddings ``(N, D)`` and indices into ``GROUPS`` ``(N,)``, from ``start``
    on if given."""
    mean = start.mean if start else embeddings.mean(axis=0)
    spread = start.spread if start else embeddings.std(axis=0) + 1e-3
    features = np.asarray((embeddings - mean) / spread, np.float32)
    first = start.layers if start else None
    layers = fit(features, groups, len(GROUPS), recipe, tell, first)
    return Fitted(layers, mean, spread, start.offset if start else TYPICAL_OFFSET)


def shipped(registry: Registry, species: ModelEntry) -> Fitted | None:
    """The head of the shipped ``registry`` as a start, if it has one for ``species`` and the same
    groups. A head that was trained before is none: it may have learnt what is kept back now."""
    if "groups" not in registry.defaults:
        return None
    entry = registry.default("groups")
    if entry.reads != species.name or entry.labels != GROUPS:
        return None
    head = load_group_head(entry, entry.read(), species.output("embedding").shape[-1])
    layers = Layers(head.hidden, head.hidden_bias, head.out, head.out_bias)
    return Fitted(layers, head.mean, head.spread, head.offset)


def sharpened(head: Fitted) -> Fitted:
    """The head with its logits multiplied by ``SHARPER``."""
    layers = head.layers
    out, bias = layers.out * np.float32(SHARPER), layers.out_bias * np.float32(SHARPER)
    return replace(head, layers=Layers(layers.hidden, layers.hidden_bias, out, bias))


def confusion(head: Fitted, embeddings: Floats, groups: Ints) -> NDArray[np.int64]:
    """Counts ``(G, G)``: rows what it is, columns what is likeliest."""
    table = np.zeros((len(GROUPS), len(GROUPS)), np.int64)
    np.add.at(table, (groups, head.probabilities(embeddings).argmax(axis=1)), 1)
    return table


def as_model(
    name: str,
    head: Fitted,
    species: ModelEntry,
    training_data: str,
    measured: Sequence[str],
    learnt_from: Sequence[str] = (),
) -> NewModel:
    """The head as a file with its entry and card; ``measured`` and ``learnt_from`` are lines of the
    card."""
    layers = head.layers
    width, hidden = layers.hidden.shape
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        mean=head.mean.astype(np.float16),
        spread=head.spread.astype(np.float16),
        hidden=layers.hidden.astype(np.float16),
        hidden_bias=layers.hidden_bias,
        out=layers.out,
        out_bias=layers.out_bias,
        species_weight=np.float32(SPECIES_WEIGHT),
        offset=np.float32(head.offset),
    )
    return NewModel(
        name=name,
        role="groups",
        suffix=".npz",
        contents=buffer.getvalue(),
        card=card(name, width, hidden, species, training_data, measured, learnt_from),
        fields={
            "decode": "softmax",
            "reads": species.name,
            "labels": list(GROUPS),
            "licence": species.licence,
            "made_by": "irbis train --only groups",
            "training_data": training_data,
        },
        tables={
            "thresholds": {"target_mass": CALLED},
            "calibration": CALIBRATION,
            "input": {"fit": "none", "shape": [1, width], "dtype": "float32"},
            "source": source_table(species.source),
        },
        outputs=[{"meaning": "groups", "index": 0, "name": "out", "shape": [1, len(GROUPS)]}],
    )


def log_odds(probabilities: Floats | np.floating[Any]) -> Floats:
    """The log odds of probabilities, none of them infinite."""
    p = np.clip(probabilities, LEAST, 1 - LEAST)
    return np.asarray(np.log(p / (1 - p)), np.float32)
