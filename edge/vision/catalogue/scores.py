"""From support to probability: which of the known individuals, or none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log1p

from edge.records import Identity

SHOWN = 2
"""Identities that an answer names: a third has never been worth its bytes."""
SCALE = 40.0
GAIN = 3.7
NONE = 4.0
"""An individual with support s weighs ``(1 + SCALE s) ** GAIN``, 'none of these' ``exp(NONE)``.
Fitted by maximum likelihood on 76 bursts of snow leopards at 14 stations, each asked of catalogues
of 15 and of 160 kB a side with its individual in them and of some without (0.73 nats a question;
1.6 is a guess among four and none). So a stranger is taken to be as likely as a resident."""
AMONG = 4
"""Individuals that ``NONE`` was fitted among. Among more, each is the less likely to begin with,
and none of them is not: its weight grows with their number."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The most likely individuals, best first, and the probability that it is none of the
    catalogue. What the identities and this leave of 1 belongs to the individuals not named."""

    identities: tuple[Identity, ...]
    not_in_catalogue: float


def pooled(flanks: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Support from all flanks of one burst: their mean, for each individual.

    A sum would make a stranger that was photographed often likelier to be somebody known.
    """
    sums: dict[str, float] = {}
    for flank in flanks:
        for individual, support in flank.items():
            sums[individual] = sums.get(individual, 0.0) + support
    return {individual: total / len(flanks) for individual, total in sums.items()}


def answer(support: Mapping[str, float]) -> Answer:
    """Probabilities: a multinomial logit over the individuals and 'none of these'."""
    weights = {name: _weight(value) for name, value in support.items()}
    none = exp(NONE) * max(1, len(support)) / AMONG
    total = sum(weights.values()) + none
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    named = tuple(Identity(name, weight / total) for name, weight in ranked[:SHOWN])
    return Answer(named, none / total)


def _weight(support: float) -> float:
    # Far below where exp overflows, and far above what any flank has given.
    return exp(min(GAIN * log1p(SCALE * max(0.0, support)), 500.0))
