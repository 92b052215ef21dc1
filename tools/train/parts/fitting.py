"""How the parts network is fitted to samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from edge.records import Side
from edge.vision.parts_net import SIDES
from tools.train.parts.network import PartsModule
from tools.train.parts.samples import Sample

SHARE = {"snow_leopard": 1.0, "leopard_identities": 0.3, "nyala_identities": 0.12}
"""How much a picture of each collection counts."""


UNLEARNT = ("hand_masks",)
"""Collections kept for testing."""
UNKNOWN = -100
"""A side that nobody noted."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Chosen by station-disjoint validation."""

    steps: int = 840
    batch: int = 64
    rate: float = 2e-3
    decay: float = 0.02
    smoothed: float = 0.05
    crowd: float = 0.4
    """A place counts with its number of pictures to the power of 1 minus this."""
    headless: float = 0.3
    """Weight of an empty head mask for an animal seen from behind with no head in sight."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Samples as tensors. ``levels`` are the maps as int8; a mask that is not known weighs 0."""

    levels: tuple[Tensor, ...]
    scales: Sequence[tuple[float, int]]
    plane: Tensor
    side: Tensor
    masks: Tensor
    weights: Tensor

    def rows(self, chosen: Sequence[int]) -> Table:
        """The table of some rows alone."""
        pick = torch.tensor(chosen)
        return Table(
            tuple(x[pick] for x in self.levels),
            self.scales,
            self.plane[pick],
            self.side[pick],
            self.masks[pick],
            self.weights[pick],
        )

    def maps(self, rows: Tensor) -> list[Tensor]:
        """The maps of some rows as real numbers, channels first."""
        return [
            ((x[rows].float() - zero) * scale).permute(0, 3, 1, 2)
            for x, (scale, zero) in zip(self.levels, self.scales, strict=True)
        ]


def table_of(
    samples: Sequence[Sample], scales: Sequence[tuple[float, int]], recipe: Recipe
) -> Table:
    """Gather samples into tensors."""
    levels = tuple(torch.from_numpy(np.stack([s.maps[i] for s in samples])) for i in range(3))
    nothing = np.zeros_like(samples[0].plane)
    masks = [[nothing if m is None else m for m in (s.coat, s.head)] for s in samples]
    weights = [[nothing if s.coat is None else s.known, _head_weight(s, recipe)] for s in samples]
    return Table(
        levels,
        scales,
        torch.from_numpy(np.stack([s.plane for s in samples]))[:, None],
        torch.tensor([UNKNOWN if s.side is None else SIDES.index(s.side) for s in samples]),
        torch.from_numpy(np.array(masks, np.float32)),
        torch.from_numpy(np.array(weights, np.float32)),
    )


def fit(
    samples: Sequence[Sample], table: Table, recipe: Recipe, tell: Callable[[int, float], None]
) -> PartsModule:
    """Fit a network to the rows of ``table`` that ``samples`` describe.

    AdamW with one rise and fall of the rate; the losses of side, coat and head are added up.
    ``tell(step, loss)`` now and then.
    """
    torch.manual_seed(recipe.seed)
    network = PartsModule()
    optimiser = torch.optim.AdamW(network.parameters(), recipe.rate, weight_decay=recipe.decay)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.steps)
    drawn = torch.Generator().manual_seed(recipe.seed)
    weights = _weights(samples, recipe)
    for step in range(recipe.steps):
        rows = torch.multinomial(weights, recipe.batch, True, generator=drawn)
        loss = _loss(network, table, rows, recipe)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rates.step()
        if step % 100 == 0:
            tell(step, loss.item())
    network.eval()
    return network


def _loss(network: PartsModule, table: Table, rows: Tensor, recipe: Recipe) -> Tensor:
    sides, masks = network(*table.maps(rows), table.plane[rows])
    wanted, weights = table.masks[rows], table.weights[rows]
    wrong = functional.binary_cross_entropy_with_logits(masks, wanted, reduction="none")
    by_mask = (wrong * weights).sum((0, 2, 3)) / weights.sum((0, 2, 3)).clamp_min(1.0)
    side = functional.cross_entropy(
        sides, table.side[rows], ignore_index=UNKNOWN, label_smoothing=recipe.smoothed
    )
    return side + 2 * by_mask.sum()


def _weights(samples: Sequence[Sample], recipe: Recipe) -> Tensor:
    """How often each sample is drawn, up to a factor."""
    crowd = Counter((s.collection, s.place) for s in samples)
    return torch.tensor(
        [SHARE[s.collection] / crowd[s.collection, s.place] ** recipe.crowd for s in samples]
    )


def _head_weight(sample: Sample, recipe: Recipe) -> NDArray[np.float32]:
    weight = 0.0
    if sample.head is not None:
        weight = 1.0
    elif sample.collection == "snow_leopard" and sample.side is Side.REAR:
        weight = recipe.headless
    return np.full_like(sample.plane, weight)
