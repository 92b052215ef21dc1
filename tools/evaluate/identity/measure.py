"""Each burst asks a catalogue made of every other visit: once with its own individual in it, once
without. The pictures of its own visit are in neither."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.records import Side
from edge.vision.catalogue.match import Known, compare
from edge.vision.catalogue.points import CoatPoints
from edge.vision.catalogue.scores import answer, pooled
from tools.catalogue.building import LEAST_POINTS, POINTS, REFERENCES, spread
from tools.evaluate.identity.sets import Labelled

FRAMES = 3
"""Frames of a burst that are asked together, as on a station."""
RANKS = 10
_RESAMPLED = 1000

Coats = Sequence[tuple[Labelled, CoatPoints]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one question. ``rank`` counts from 1. ``known`` and ``strange`` are the
    probabilities of 'none of these' with the individual in the catalogue, and without it; None
    where there was nobody to compare with."""

    individual: str
    visit: str
    rank: int | None
    known: float | None
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


def measure(
    coats: Coats,
    single: bool = False,
    references: int = REFERENCES,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Measured:
    """Ask with every burst, or with every picture where ``single``."""
    questions: dict[tuple[str, str, Side], list[tuple[Labelled, CoatPoints]]] = defaultdict(list)
    for number, (one, points) in enumerate(coats):
        burst = str(number) if single else one.burst
        questions[burst, one.flank.individual, one.flank.side].append((one, points))
    asked = []
    for number, frames in enumerate(questions.values(), start=1):
        best = sorted(frames, key=lambda frame: -len(frame[1]))[:FRAMES]
        asked.append(_ask(best, coats, references))
        progress(number, len(questions))
    return Measured(tuple(asked))


def _ask(frames: Coats, coats: Coats, references: int) -> Asked:
    one = frames[0][0]
    visits = {labelled.visit for labelled, _ in frames}
    others = [(known, points) for known, points in coats if known.visit not in visits]
    opposite = _rows(others, Side.RIGHT if one.flank.side is Side.LEFT else Side.LEFT, references)
    rows = _rows(others, one.flank.side, references)
    strangers = [row for row in rows if row.individual != one.flank.individual]
    with_it = _support(frames, rows, opposite) if len(strangers) < len(rows) else None
    without = _support(frames, strangers, opposite) if strangers else None
    return Asked(
        individual=one.flank.individual,
        visit=one.visit,
        rank=None if with_it is None else _rank(with_it, one.flank.individual),
        known=None if with_it is None else answer(with_it).not_in_catalogue,
        strange=None if without is None else answer(without).not_in_catalogue,
    )


def _rows(coats: Coats, side: Side, references: int) -> list[Known]:
    found: dict[str, list[CoatPoints]] = defaultdict(list)
    for one, points in coats:
        if one.flank.side is side and len(points) >= LEAST_POINTS:
            found[one.flank.individual].append(points.first(POINTS))
    return [Known(name, tuple(spread(found[name], references))) for name in sorted(found)]


def _support(frames: Coats, rows: Sequence[Known], opposite: Sequence[Known]) -> dict[str, float]:
    return pooled([compare(points, rows, opposite) for _, points in frames])


def _rank(support: Mapping[str, float], individual: str) -> int:
    """Its place; it comes last among equals, so that no support is no success."""
    own = support[individual]
    return sum(value >= own for value in support.values())


def _auroc(asked: Sequence[Asked]) -> float | None:
    known = np.array([one.known for one in asked if one.known is not None])
    strange = np.array([one.strange for one in asked if one.strange is not None])
    if not len(known) or not len(strange):
        return None
    above = strange[:, None] - known[None, :]
    return float((above > 0).mean() + 0.5 * (above == 0).mean())
