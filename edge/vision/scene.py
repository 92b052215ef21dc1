"""The frames of one burst side by side: which show nothing new, and where something changed."""

from __future__ import annotations

from dataclasses import dataclass

from edge.records import Box, Verdict
from edge.vision.background import Background
from edge.vision.motion import Region, Small, compare

MOST_CLEAR = 3
"""Clear frames a new one is compared with: bounds the work on a long burst."""
MOST_KEPT = 16
"""Frames kept for comparison, 150 kB each."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A region of one frame that deserves a closer look, and how strongly.

    What is found there counts in any case, or, with ``needs_name``, only if the species head has
    a name for it.
    """

    frame_index: int
    box: Box
    strength: float
    needs_name: bool = False


class Scene:
    """What the frames of a burst look like at the small scale, as far as they were judged."""

    def __init__(self, background: Background | None = None) -> None:
        self._background = background
        self._seen: list[tuple[int, Small]] = []
        self._clear: list[tuple[int, Small]] = []

    def same_as(self, picture: Small) -> int | None:
        """The index of a clear frame from which ``picture`` differs nowhere, or None."""
        for index, clear in reversed(self._clear[-MOST_CLEAR:]):
            if compare(clear, picture).still:
                return index
        return None

    def add(self, index: int, picture: Small | None, clear: bool) -> None:
        """Remember a frame that was looked at in full; None for one that cannot be compared.

        ``clear`` says that nothing at all was seen, in this frame and all before it. From the
        first that is not clear on, no frame is the same as another.
        """
        if picture is None or not clear:
            self._clear.clear()
        if picture is None:
            return
        if len(self._seen) < MOST_KEPT:
            self._seen.append((index, picture))
        if clear:
            self._clear.append((index, picture))
            del self._clear[:-MOST_CLEAR]

    def proposals(self) -> list[Proposal]:
        """Where frames differ from the one before (the first, from the second), or from the
        background; strongest first."""
        found: list[Proposal] = []
        for place, (index, picture) in enumerate(self._seen):
            changed: tuple[Region, ...] = ()
            if len(self._seen) > 1:
                other = self._seen[place - 1] if place else self._seen[1]
                changed = compare(other[1], picture).regions
            if self._background is not None:
                changed += self._background.changed(picture)
            found += [Proposal(index, region.box, region.strength) for region in changed]
        return sorted(found, key=lambda proposal: -proposal.strength)

    def teach(self, verdict: Verdict) -> None:
        """Let the background learn from this burst, if its verdict allows."""
        if self._background is not None:
            self._background.learn(verdict, (picture for _, picture in self._seen))
