"""What came of many questions: ranks, and residents against strangers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.records import Side

RANKS = 10
_RESAMPLED = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one question. ``rank`` counts from 1. ``known`` and ``strange`` are
    probabilities of 'none of these': with the individual in the catalogue and somebody else
    missing, for several others in turn, and with itself missing. Empty or None where there was
    nobody to compare with."""

    individual: str
    side: Side
    visit: str
    rank: int | None
    known: tuple[float, ...]
    strange: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """All questions of one set."""

    asked: tuple[Asked, ...]

    @property
    def ranked(self) -> list[int]:
        """Ranks of those whose individual was in the catalogue."""
        return [one.rank for one in self.asked if one.rank is not None]

    def cmc(self) -> list[float]:
        """Share of them found at rank 1, 2, ... RANKS."""
        ranks = self.ranked
        return [sum(rank <= most for rank in ranks) / len(ranks) for most in range(1, RANKS + 1)]

    @property
    def most_often(self) -> float:
        """The share that always naming the most frequent individual of a side gets right."""
        counts: dict[Side, Counter[str]] = defaultdict(Counter)
        for one in self.asked:
            if one.rank is not None:
                counts[one.side][one.individual] += 1
        right = sum(max(of_side.values()) for of_side in counts.values())
        return right / max(1, len(self.ranked))

    def auroc(self) -> tuple[float, float, float] | None:
        """Area under the curve of strangers against residents, and its 95 % interval from a
        bootstrap over visits: questions of one visit are not independent."""
        by_visit: dict[str, list[Asked]] = defaultdict(list)
        for one in self.asked:
            by_visit[one.visit].append(one)
        visits = list(by_visit.values())
        value = _auroc(self.asked)
        if value is None:
            return None
        rng = np.random.default_rng(0)
        drawn = (
            _auroc([one for i in rng.integers(0, len(visits), len(visits)) for one in visits[i]])
            for _ in range(_RESAMPLED)
        )
        low, high = np.percentile([one for one in drawn if one is not None], [2.5, 97.5])
        return value, float(low), float(high)


def _auroc(asked: Sequence[Asked]) -> float | None:
    known = np.array([none for one in asked for none in one.known])
    strange = np.array([one.strange for one in asked if one.strange is not None])
    if not len(known) or not len(strange):
        return None
    above = strange[:, None] - known[None, :]
    return float((above > 0).mean() + 0.5 * (above == 0).mean())
