"""Where a target is called: chosen at stations that were learnt from, never at those kept back.

Each part of the stations is judged by a head fitted to the others, for a head is too sure of what
it learnt; what they say together sets the offset of the head that is fitted to all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tools.evaluate.folds import fold_of
from tools.train.groups.features import Looked
from tools.train.groups.making import CALLED, TARGET_GROUPS, Fitted, log_odds

PARTS = 3
FALSE_SHARE = 0.005
"""Share of looks without a target that may be called one."""
LEAST_LOOKS = 400
"""Fewer looks without a target choose nothing: at this number two of them are that share."""
KEPT = 0.99
"""Share of the looks at a target that were called one, and must be after the offset was lowered."""
MOST_MOVED = 1.0
"""Bound on what the looks may move the offset, in log odds from where the head began."""


@dataclass(frozen=True, slots=True)
class Point:
    """What is added to a head's offset; ``looks`` without a target, in ``places``, chose it."""

    moved: float
    looks: int
    places: int

    @property
    def chosen(self) -> bool:
        """Whether the looks were enough."""
        return self.places >= 2 and self.looks >= LEAST_LOOKS

    @property
    def line(self) -> str:
        """What a card tells."""
        counted = f"{self.looks} looks without a target at {self.places} places learnt from"
        if not self.chosen:
            return (
                f"The offset is that of the head it began with: {counted}; to choose one, it takes"
                f" {LEAST_LOOKS} at 2 or more."
            )
        bound = ", as far as it may," if abs(self.moved) == MOST_MOVED else ""
        return (
            f"The offset was moved by {self.moved:+.2f}{bound} towards where {FALSE_SHARE:.1%} of"
            f" {counted}, each judged by a head that had not learnt its place, reach {CALLED}, and"
            f" {KEPT:.0%} of the leopards called so far stay called. Nothing that was kept back had"
            " a part in it."
        )


def operating_point(
    looked: Looked, places: Sequence[str], fitted: Callable[[Looked], Fitted]
) -> Point:
    """How far the offset of heads made by ``fitted`` is to be moved so that ``FALSE_SHARE`` of the
    looks without a target reach ``CALLED``, and ``KEPT`` of those with one that did so still do.

    ``places`` holds one for each sample that was looked at.
    """
    of_look = np.array([places[index] for index in looked.samples], dtype=object)
    targets = np.isin(looked.groups, TARGET_GROUPS)
    others = ~targets & ~looked.altered
    counts = {place: int((of_look[others] == place).sum()) for place in dict.fromkeys(of_look)}
    point = Point(0.0, int(others.sum()), sum(count > 0 for count in counts.values()))
    if not point.chosen:
        return point
    part_of = fold_of(counts, PARTS)
    odds = _judged_elsewhere(looked, np.array([part_of[place] for place in of_look]), fitted)
    wanted = float(log_odds(np.float32(CALLED)))
    moved = wanted - float(np.quantile(odds[others], 1 - FALSE_SHARE))
    called = odds[targets & ~looked.altered & (odds >= wanted)]
    if len(called):
        moved = max(moved, wanted - float(np.quantile(called, 1 - KEPT)))
    return replace(point, moved=float(np.clip(moved, -MOST_MOVED, MOST_MOVED)))


def _judged_elsewhere(
    looked: Looked, parts: NDArray[np.int64], fitted: Callable[[Looked], Fitted]
) -> NDArray[np.float32]:
    """Log odds ``(N,)`` of a target in the looks of each part, by a head fitted to the others."""
    odds = np.zeros(len(parts), np.float32)
    for part in np.unique(parts):
        head = fitted(looked.only(parts != part))
        odds[parts == part] = log_odds(head.target_masses(looked.only(parts == part)))
    return odds


def at(head: Fitted, point: Point) -> Fitted:
    """``head`` with its offset moved."""
    return replace(head, offset=head.offset + point.moved)
