"""Which pictures of a flank, and which of their points, are worth their bytes in a catalogue.

A point that other pictures of the same flank show again, in its place, is coat; one that a single
picture shows may be rock, grass or light. Of 15 kB a side, points chosen so named the right snow
leopard in 76 % of 76 bursts, the strongest ones of each picture in 59 %
(docs/reidentification.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.vision.catalogue.geometry import agreeing
from edge.vision.catalogue.match import COMMON, Nearest, distance, nearest
from edge.vision.catalogue.points import CoatPoints, Floats, unpack

OWN_VISIT = 0.5
"""Being seen again at the same visit counts half: the rock behind the cat is the same, too."""
NEARNESS = 0.01
"""What the likeness of the matches counts beside their number: it decides among equals."""
FLOOR = 0.5
"""This share of the points goes to all pictures evenly; for the rest all points compete."""
FEWEST_MATCHES = 3

SeenAgain = Callable[[CoatPoints, CoatPoints], Floats]


@dataclass(frozen=True, slots=True)
class Picture:
    """The points of one flank, and the visit at which it was photographed."""

    visit: str
    points: CoatPoints = field(repr=False)


def seen_again(here: CoatPoints, there: CoatPoints) -> Floats:
    """How clearly each point of ``here``, ``(N,)``, is in its place on ``there``; 0 is not."""
    found = np.zeros(len(here), np.float32)
    if not len(here) or not len(there):
        return found
    near: Nearest = nearest(unpack(here.codes), there)
    gain = np.maximum(0.0, distance(np.float32(COMMON)) - distance(near.likeness))
    matched = np.flatnonzero(gain > 0)
    if len(matched) < FEWEST_MATCHES:
        return found
    weights = np.asarray(gain[matched], np.float32)
    kept = agreeing(here.places[matched], there.places[near.index[matched]], weights)
    found[matched[kept]] = weights[kept]
    return found


def chosen(
    pictures: Sequence[Picture],
    references: int,
    points: int,
    seen: SeenAgain = seen_again,
) -> list[CoatPoints]:
    """At most ``references`` of the ``pictures`` of one flank, with ``points`` points in all."""
    picked = spread(pictures, references)
    worth = [_worth(one, pictures, seen) for one in picked]
    order = [np.argsort(-of_one, kind="stable") for of_one in worth]
    floor = max(1, int(FLOOR * points / max(1, len(picked))))
    kept = [list(best[:floor]) for best in order]
    left = points - sum(map(len, kept))
    rest = sorted(
        (-float(worth[i][point]), int(point), i)
        for i, best in enumerate(order)
        for point in best[floor:]
    )
    for _, point, i in rest[: max(0, left)]:
        kept[i].append(point)
    return [one.points.only(np.sort(rows)) for one, rows in zip(picked, kept, strict=True)]


def spread(pictures: Sequence[Picture], most: int) -> Sequence[Picture]:
    """At most ``most``, evenly from first to last: neighbours in a table are often one burst."""
    if len(pictures) <= most:
        return pictures
    return [pictures[round(i * (len(pictures) - 1) / max(most - 1, 1))] for i in range(most)]


def _worth(one: Picture, pictures: Sequence[Picture], seen: SeenAgain) -> NDArray[np.float64]:
    """The number of visits at which each point is seen again; strength decides among equals."""
    visits: dict[str, Floats] = {}
    for other in pictures:
        if other is not one:
            found = seen(one.points, other.points)
            visits[other.visit] = np.maximum(visits.get(other.visit, found), found)
    worth = -1e-6 * np.arange(len(one.points), dtype=np.float64)
    for visit, found in visits.items():
        worth += (OWN_VISIT if visit == one.visit else 1.0) * ((found > 0) + NEARNESS * found)
    return worth
