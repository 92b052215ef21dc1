"""Each burst asks a catalogue made of every other visit. The pictures of its own visit are in no
catalogue that it asks, nor do they decide which points of others are kept.

*Resident or stranger* compares catalogues of one size: the burst's own individual is taken out of
one, somebody else out of the others. Were nobody taken out there, the smaller catalogue alone would
tell them apart: where few are known, each that is missing leaves points for the others to win.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from edge.records import Side
from edge.vision.catalogue.match import COMMON, Known, nearest, weigh
from edge.vision.catalogue.points import CoatPoints, unpack
from edge.vision.catalogue.scores import answer, pooled
from tools.catalogue.building import LEAST_POINTS, POINTS, pictures_a_side
from tools.catalogue.choosing import Picture, SeenAgain, chosen
from tools.evaluate.identity.asked import Asked, Measured
from tools.evaluate.identity.seen import remembered
from tools.evaluate.identity.sets import Labelled

FRAMES = 3
"""Frames of a burst that are asked together, as on a station."""

MOST_ASKED = 300
"""Questions of one set; of more, every second or third is put. One costs seconds where dozens of
individuals are known."""
TAKEN_OUT = 3
"""Others who are taken out in turn, where there are more."""

Rows = Mapping[tuple[str, Side], Known]
Coats = Sequence[tuple[Labelled, CoatPoints]]


class Protocol(NamedTuple):
    """How a set is asked: with single pictures or bursts; which catalogue pictures are left out
    (the question's visit, or all of its station); the points that a catalogue keeps of a side."""

    single: bool = False
    by_station: bool = False
    points: int = POINTS


def measure(
    coats: Coats,
    protocol: Protocol | None = None,
    seen: SeenAgain | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    asking: Coats | None = None,
) -> Measured:
    """Ask the catalogues made of ``coats`` with every burst of ``asking`` (absent: of the same).

    ``seen`` compares two flanks; one that remembers saves hours where a set is measured again.
    """
    protocol = protocol or Protocol()
    catalogues = _Catalogues(coats, protocol, seen or remembered())
    questions: dict[tuple[str, str, Side], list[tuple[Labelled, CoatPoints]]] = defaultdict(list)
    for number, (one, points) in enumerate(coats if asking is None else asking):
        burst = str(number) if protocol.single else one.burst
        questions[burst, one.flank.individual, one.flank.side].append((one, points))
    asked = []
    put = list(questions.values())
    put = put[:: 1 + (len(put) - 1) // MOST_ASKED]
    for number, frames in enumerate(put, start=1):
        best = sorted(frames, key=lambda frame: -len(frame[1]))[:FRAMES]
        asked.append(_ask(best, catalogues.without(best)))
        progress(number, len(put))
    return Measured(tuple(asked))


class _Catalogues:
    """The catalogue without some visits, or without some stations; made once for each."""

    def __init__(self, coats: Coats, protocol: Protocol, seen: SeenAgain) -> None:
        self._coats = [pair for pair in coats if len(pair[1]) >= LEAST_POINTS]
        self._protocol = protocol
        self._seen = seen
        self._made: dict[frozenset[str], Rows] = {}

    def without(self, frames: Coats) -> Rows:
        """The rows that a question of these ``frames`` may see."""
        places = frozenset(self._place(one) for one, _ in frames)
        if places not in self._made:
            self._made[places] = self._make(places)
        return self._made[places]

    def _place(self, one: Labelled) -> str:
        return one.station if self._protocol.by_station else one.visit

    def _make(self, places: frozenset[str]) -> dict[tuple[str, Side], Known]:
        found: dict[tuple[str, Side], list[Picture]] = defaultdict(list)
        for one, points in self._coats:
            if self._place(one) not in places:
                found[one.flank.individual, one.flank.side].append(Picture(one.visit, points))
        points_kept = self._protocol.points
        most = pictures_a_side(points_kept)
        return {
            (name, side): Known(name, tuple(chosen(pictures, most, points_kept, self._seen)))
            for (name, side), pictures in sorted(found.items())
        }


class _Question:
    """What the frames of one burst have in common with every row that they may see."""

    def __init__(self, frames: Coats, rows: Rows) -> None:
        self._frames = [points for _, points in frames]
        self._rows = rows
        self._side = frames[0][0].flank.side
        vectors = [unpack(points.codes) for points in self._frames]
        self._compared = {
            key: [[nearest(one, reference) for reference in known.references] for one in vectors]
            for key, known in rows.items()
        }

    @property
    def names(self) -> list[str]:
        """Who is known from the side that was seen."""
        return sorted(name for name, side in self._rows if side is self._side)

    def support(self, missing: str | None = None) -> dict[str, float]:
        """Support for each individual, as if ``missing`` were in no row."""
        keys = [key for key in self._rows if key[0] != missing]
        return pooled([self._frame(number, keys) for number in range(len(self._frames))])

    def _frame(self, number: int, keys: Sequence[tuple[str, Side]]) -> dict[str, float]:
        asked = self._frames[number]
        common = np.full(len(asked), COMMON, np.float32)
        for key in keys:
            if key[1] is not self._side:
                for one in self._compared[key][number]:
                    common = np.maximum(common, one.likeness)
        here = [key for key in keys if key[1] is self._side]
        if not len(asked):
            return {name: 0.0 for name, _ in here}
        compared = [self._compared[key][number] for key in here]
        return weigh(asked, [self._rows[key] for key in here], compared, common)


def _ask(frames: Coats, rows: Rows) -> Asked:
    one = frames[0][0]
    own = one.flank.individual
    question = _Question(frames, rows)
    names = question.names
    resident = own in names and len(names) > 1
    others = [name for name in names if name != own]
    return Asked(
        individual=own,
        side=one.flank.side,
        visit=one.visit,
        rank=_rank(question.support(), own) if resident else None,
        known=tuple(_none(question, name) for name in _some(others, own)) if resident else (),
        strange=_none(question, own) if others else None,
    )


def _some(others: Sequence[str], own: str) -> Sequence[str]:
    """A few who are taken out in turn: those next in the alphabet, not the same for everybody."""
    start = sum(name < own for name in others)
    return [*others[start:], *others[:start]][:TAKEN_OUT]


def _none(question: _Question, missing: str) -> float:
    """The probability of 'none of these' in a catalogue without ``missing``."""
    return answer(question.support(missing)).not_in_catalogue


def _rank(support: Mapping[str, float], individual: str) -> int:
    """Its place; it comes last among equals, so that no support is no success."""
    own = support[individual]
    return sum(value >= own for value in support.values())
