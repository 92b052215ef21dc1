"""Asking the catalogue about one burst."""

from __future__ import annotations

from collections.abc import Sequence

from edge.records import Side
from edge.vision.catalogue.file import Catalogue
from edge.vision.catalogue.match import compare
from edge.vision.catalogue.points import CoatPoints
from edge.vision.catalogue.scores import Answer, answer, pooled


def identify(
    flanks: Sequence[tuple[Side, CoatPoints]], catalogue: Catalogue | None
) -> Answer | None:
    """Who the animal of a burst is most like, from all ``flanks`` that show its best known side.

    ``flanks`` are best first. None where there is nothing to ask: no catalogue, no flank whose
    side is known, nobody known from that side.
    """
    if catalogue is None:
        return None
    told = [(side, points) for side, points in flanks if side in (Side.LEFT, Side.RIGHT)]
    told = [(side, points) for side, points in told if len(points)]
    if not told:
        return None
    side = told[0][0]
    known = catalogue.of(side)
    if not known:
        return None
    opposite = catalogue.of(Side.RIGHT if side is Side.LEFT else Side.LEFT)
    asked = [points for seen, points in told if seen is side]
    return answer(pooled([compare(points, known, opposite) for points in asked]))
