"""A network of one hidden layer and how it is fitted, in plain numpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the head is fitted. Chosen by station-disjoint validation."""

    hidden: int = 128
    steps: int = 700
    batch: int = 1024
    rate: float = 2e-3
    decay: float = 0.2
    dropped: float = 0.3
    smoothed: float = 0.02
    seed: int = 1


@dataclass(slots=True)
class Layers:
    """Weights of both layers: ``(D, H)``, ``(H,)``, ``(H, G)``, ``(G,)``."""

    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats

    def probabilities(self, features: Floats) -> Floats:
        """``(N, G)`` from standardised features ``(N, D)``."""
        inner = np.maximum(features @ self.hidden + self.hidden_bias, 0)
        return _softmax(inner @ self.out + self.out_bias)


def fit(
    features: Floats,
    groups: Ints,
    count: int,
    recipe: Recipe,
    tell: Callable[[int, int, float], None],
    start: Layers | None = None,
) -> Layers:
    """Fit to standardised ``features`` ``(N, D)`` and group indices ``(N,)`` below ``count``.

    AdamW (Loshchilov and Hutter 2019), dropout on both layers, label smoothing; a group counts
    with the inverse square root of its size. With ``start`` the weights begin there and decay
    towards it and not towards zero (Li et al. 2018, arXiv:1802.01483), so that a few pictures of
    one valley do not wipe out what was known. ``tell(step, steps, loss)`` now and then.
    """
    random = np.random.default_rng(recipe.seed)
    weights = _group_weights(groups, count)
    layers = start or _first(features.shape[1], recipe.hidden, count, random)
    layers = Layers(*(np.array(parameter) for parameter in _parameters(layers)))
    anchors = _parameters(start) if start else [np.zeros_like(p) for p in _parameters(layers)]
    moments = [(np.zeros_like(w), np.zeros_like(w)) for w in _parameters(layers)]
    smooth = 0.0
    for step in range(1, recipe.steps + 1):
        chosen = random.integers(len(features), size=recipe.batch)
        loss, gradients = _gradients(
            layers, features[chosen], groups[chosen], weights, recipe, random
        )
        rate = recipe.rate * 0.5 * (1 + np.cos(np.pi * step / recipe.steps))
        for parameter, gradient, moment, anchor in zip(
            _parameters(layers), gradients, moments, anchors, strict=True
        ):
            if parameter.ndim > 1:
                parameter -= rate * recipe.decay * (parameter - anchor)
            _adam(parameter, gradient, moment, step, rate)
        smooth = loss if step == 1 else 0.95 * smooth + 0.05 * loss
        if step % 50 == 0:
            tell(step, recipe.steps, smooth)
    return layers


def _gradients(
    layers: Layers,
    x: Floats,
    groups: Ints,
    weights: Floats,
    recipe: Recipe,
    random: np.random.Generator,
) -> tuple[float, list[Floats]]:
    kept = 1 - recipe.dropped
    x = x * _dropped(x.shape, kept, random)
    before = x @ layers.hidden + layers.hidden_bias
    mask = _dropped(before.shape, kept, random) * (before > 0)
    inner = np.asarray(before * mask, np.float32)
    p = _softmax(inner @ layers.out + layers.out_bias)
    wanted = np.full_like(p, recipe.smoothed / p.shape[1])
    wanted[np.arange(len(p)), groups] += 1 - recipe.smoothed
    weight = weights[groups]
    loss = float(-(weight * (wanted * np.log(p + 1e-9)).sum(axis=1)).sum() / weight.sum())
    d_out = (p - wanted) * (weight / weight.sum())[:, None]
    d_inner = (d_out @ layers.out.T) * mask
    return loss, [x.T @ d_inner, d_inner.sum(axis=0), inner.T @ d_out, d_out.sum(axis=0)]


def _dropped(shape: tuple[int, ...], kept: float, random: np.random.Generator) -> Floats:
    """What to multiply with so that a share ``kept`` stays, and the mean too."""
    stays = random.random(shape, dtype=np.float32) < kept
    return np.asarray(stays / np.float32(kept), np.float32)


def _adam(
    parameter: Floats,
    gradient: Floats,
    moment: tuple[Floats, Floats],
    step: int,
    rate: float,
) -> None:
    first, second = moment
    first += 0.1 * (gradient - first)
    second += 0.001 * (gradient**2 - second)
    change = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    parameter -= rate * change


def _first(features: int, hidden: int, count: int, random: np.random.Generator) -> Layers:
    def drawn(rows: int, columns: int) -> Floats:
        bound = 1 / np.sqrt(rows)
        return random.uniform(-bound, bound, (rows, columns)).astype(np.float32)

    return Layers(
        drawn(features, hidden),
        np.zeros(hidden, np.float32),
        drawn(hidden, count),
        np.zeros(count, np.float32),
    )


def _parameters(layers: Layers) -> list[Floats]:
    return [layers.hidden, layers.hidden_bias, layers.out, layers.out_bias]


def _group_weights(groups: Ints, count: int) -> Floats:
    sizes = np.maximum(np.bincount(groups, minlength=count), 1)
    return (1 / np.sqrt(sizes)).astype(np.float32)


def _softmax(logits: Floats) -> Floats:
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)
