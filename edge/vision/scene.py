"""The frames of one burst side by side: which show nothing new, and where something changed."""

from __future__ import annotations

from dataclasses import dataclass

from edge.records import Box, Verdict
from edge.vision.background import Background
from edge.vision.motion import MOVED, Motion, Region, Small, compare

MOST_CLEAR = 3
"""Clear frames a new one is compared with: bounds the work on a long burst."""
MOST_KEPT = 16
"""Frames kept for comparison, 150 kB each, and as much again with a small picture."""

FAR_DARKER = 1.6
"""Times as bright are both neighbours of a picture that was taken dark on purpose, as a station
takes one of each burst by lamplight, three stops below the others. Its noise hides what moved, and
moves what did not."""
STIRS = 0.8 * MOVED
"""What moves in a file shows a little less, or more, in the small picture of the same instant."""


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


@dataclass(frozen=True, slots=True)
class _Looked:
    """A frame that was looked at: as its file shows it, and as the camera's small picture does;
    None where that was not decoded, or is not there."""

    index: int
    file: Small | None
    glance: Small | None


class Scene:
    """What the frames of a burst look like at the small scale, as far as they were judged.

    Files are compared with files, and small pictures with small pictures: the camera may have made
    the two differently, and where a frame was decoded nothing must follow from the other.
    """

    def __init__(self, background: Background | None = None) -> None:
        self._background = background
        self._seen: list[_Looked] = []
        self._clear: list[_Looked] = []

    def same_as(self, file: Small | None = None, glance: Small | None = None) -> int | None:
        """The index of a clear frame from which a new one differs nowhere, or None."""
        picture = _Looked(-1, file, glance)
        for clear in reversed(self._clear[-MOST_CLEAR:]):
            if _compared(clear, picture).still:
                return clear.index
        return None

    def stirs(self, glance: Small) -> bool:
        """Whether a new small picture differs so from the one before it, or from the background,
        that its frame may deserve a second look; also where that is unknown."""
        if not self._seen or self._seen[-1].glance is None:
            return True
        moved = compare(self._seen[-1].glance, glance).most >= STIRS
        return moved or bool(self._unusual(glance))

    def add(self, index: int, file: Small | None, clear: bool, glance: Small | None = None) -> None:
        """Remember a frame that was looked at in full; None for one that cannot be compared.

        ``clear`` says that nothing at all was seen, in this frame and all before it. From the
        first that is not clear on, no frame is the same as another.
        """
        picture = _Looked(index, file, glance)
        known = file is not None or glance is not None
        if not known or not clear:
            self._clear.clear()
        if known and len(self._seen) < MOST_KEPT:
            self._seen.append(picture)
        if known and clear:
            self._clear.append(picture)
            del self._clear[:-MOST_CLEAR]

    def proposals(self) -> list[Proposal]:
        """Where frames differ from the one before (the first, from the second), or from the
        background; strongest first. One that is far darker than both its neighbours is passed
        over."""
        lasting = [place for place in range(len(self._seen)) if not self._dips(place)]
        before = dict(zip(lasting, lasting[1:2] + lasting[:-1], strict=False))
        found: list[Proposal] = []
        for place, picture in enumerate(self._seen):
            other = before.get(place)
            changed = () if other is None else _compared(self._seen[other], picture).regions
            changed += self._unusual(picture.file or picture.glance)
            found += [Proposal(picture.index, one.box, one.strength) for one in changed]
        return sorted(found, key=lambda proposal: -proposal.strength)

    def teach(self, verdict: Verdict) -> None:
        """Let the background learn from this burst, if its verdict allows."""
        if self._background is not None:
            files = (picture.file for picture in self._seen)
            self._background.learn(verdict, (file for file in files if file is not None))

    def _dips(self, place: int) -> bool:
        """Whether the frame there is far darker than the one before it and the one after it."""
        around = self._seen[place - 1 : place + 2] if place else []
        return len(around) == 3 and all(_far_darker(around[1], one) for one in around[::2])

    def _unusual(self, picture: Small | None) -> tuple[Region, ...]:
        if self._background is None or picture is None:
            return ()
        return self._background.changed(picture)


def _compared(one: _Looked, other: _Looked) -> Motion:
    if one.file is not None and other.file is not None:
        return compare(one.file, other.file)
    if one.glance is not None and other.glance is not None:
        return compare(one.glance, other.glance)
    return Motion()


def _far_darker(one: _Looked, other: _Looked) -> bool:
    first, second = one.file or one.glance, other.file or other.glance
    return (
        first is not None
        and second is not None
        and second.brightness > FAR_DARKER * max(first.brightness, 1.0)
    )
