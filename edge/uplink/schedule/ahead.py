"""Who stands before an item in the queue, counted once and not anew for each item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.uplink.schedule.situation import Candidate
from edge.uplink.schedule.values import ValueClass

NAMED = 10
"""Of those ahead so many are named; the others are counted."""

LinkNames = frozenset[str]


@dataclass(slots=True)
class Front:
    """Those ahead: how many of each class, and the first of them, best first."""

    counts: Counter[ValueClass] = field(default_factory=Counter)
    first: list[bytes] = field(default_factory=list)

    def add(self, candidate: Candidate) -> None:
        self.counts[candidate.value_class] += 1
        if len(self.first) < NAMED:
            self.first.append(candidate.item_id)

    def so_far(self) -> Front:
        """As it is now, for good."""
        return Front(Counter(self.counts), list(self.first))


class Ahead:
    """Goes through the queue in its order. Items compete where they share a link; there are few
    different sets of links, however long the queue is."""

    def __init__(self, sets: Iterable[LinkNames]) -> None:
        self._fronts = {links: Front() for links in sets}

    def passed(self, candidate: Candidate, links: LinkNames) -> Front:
        """Those that have passed before ``candidate`` and share one of its ``links``."""
        front = self._fronts[links].so_far()
        for others, waiting in self._fronts.items():
            if others & links:
                waiting.add(candidate)
        return front
