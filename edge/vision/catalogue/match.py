"""How strongly one flank speaks for each known individual.

A matched point counts by how much nearer it is to this individual than to every other one (local
naive Bayes nearest neighbour, McCann and Lowe 2012; HotSpotter, Crall et al. 2013): what all cats
and all rocks have in common counts nothing. Then the matches must lie alike on both flanks, and
the larger the share of them that do, the more each counts: a few of many agree by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.vision.catalogue.geometry import agreeing
from edge.vision.catalogue.points import CoatPoints, Floats, unpack

COMMON = 0.80
"""Likeness (cosine) that any two points may have: the rival where the catalogue has no nearer."""
VERIFIED = 4
"""References of one individual whose geometry is looked at, the most promising ones."""


@dataclass(frozen=True, slots=True)
class Known:
    """One side of one individual, as some references show it."""

    individual: str
    references: tuple[CoatPoints, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Nearest:
    """Nearest point of one reference for each point asked: likeness and index."""

    likeness: Floats
    index: NDArray[np.intp]


def compare(
    asked: CoatPoints, catalogue: Sequence[Known], opposite: Sequence[Known] = ()
) -> dict[str, float]:
    """Support for each individual of ``catalogue`` (all of one side): 0 is none; no upper end.

    ``opposite`` is the other side's rows. Nobody is looked for in them: they show what fur and
    rock are like here, and a point that is no nearer to an individual than to them counts nothing.
    """
    if not len(asked):
        return {known.individual: 0.0 for known in catalogue}
    vectors = unpack(asked.codes)
    common = np.full(len(asked), COMMON, np.float32)
    for known in opposite:
        for reference in known.references:
            common = np.maximum(common, nearest(vectors, reference).likeness)
    compared = [[nearest(vectors, r) for r in known.references] for known in catalogue]
    return weigh(asked, catalogue, compared, common)


def weigh(
    asked: CoatPoints,
    catalogue: Sequence[Known],
    compared: Sequence[Sequence[Nearest]],
    common: Floats,
) -> dict[str, float]:
    """As ``compare``, from what ``nearest`` says of each reference of each individual.

    ``common``, ``(N,)``, is the likeness that each point has to anything at all.
    """
    best = np.zeros((len(catalogue), len(asked)), np.float32)
    for row, found in enumerate(compared):
        for one in found:
            best[row] = np.maximum(best[row], one.likeness)
    return {
        known.individual: _support(asked, known, compared[row], _rivals(best, row, common))
        for row, known in enumerate(catalogue)
    }


def nearest(vectors: Floats, reference: CoatPoints) -> Nearest:
    """The nearest point of ``reference`` for each of the unit ``vectors``, ``(N, 128)``."""
    if not len(reference):
        count = len(vectors)
        return Nearest(np.zeros(count, np.float32), np.zeros(count, np.intp))
    likeness = vectors @ unpack(reference.codes).T
    index = likeness.argmax(axis=1)
    return Nearest(likeness[np.arange(len(vectors)), index], index)


def _rivals(best: Floats, row: int, common: Floats) -> Floats:
    """The likeness of the nearest point that is not this individual's."""
    others = np.vstack([np.delete(best, row, axis=0), common])
    return np.asarray(others.max(axis=0), np.float32)


def _support(asked: CoatPoints, known: Known, compared: Sequence[Nearest], rivals: Floats) -> float:
    """The support of the reference that supports most: the gains of the matches that lie alike,
    times their share in all its matches."""
    gains = [np.maximum(0.0, distance(rivals) - distance(one.likeness)) for one in compared]
    order = sorted(range(len(gains)), key=lambda i: -float(gains[i].sum()))
    found = 0.0
    for index in order[:VERIFIED]:
        matched = np.flatnonzero(gains[index] > 0)
        weights = gains[index][matched].astype(np.float32)
        there = known.references[index].places[compared[index].index[matched]]
        kept = agreeing(asked.places[matched], there, weights)
        # Among many matches some lie alike by chance: what counts is that most of them do.
        found = max(found, float(weights[kept].sum()) * float(kept.sum()) / max(1, len(kept)))
    return found


def distance(likeness: Floats | np.float32) -> Floats:
    """Euclidean distance of unit vectors with this cosine."""
    return np.asarray(np.sqrt(np.maximum(0.0, 2.0 - 2.0 * likeness)), np.float32)
