"""Side, flank, head and coat of one animal: the network's word where it is sure, else geometry's.

Geometry (``parts``) tells few sides and no coat, but it needs no model: without one, or where the
network fails or doubts, everything works as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from edge.records import Box, Side
from edge.vision import parts
from edge.vision.boxes import overlap, within
from edge.vision.coat import Coat, peak_box
from edge.vision.decode import Pixels
from edge.vision.errors import InferenceError
from edge.vision.interpreter import Output
from edge.vision.parts_net import SIDES, Floats, PartsNet
from edge.vision.window import cut_window, to_window, window_around
from models.registry import ModelEntry

UPPER = Box(0.0, 0.0, 1.0, 0.92)
"""The part of the trunk that is flank: its lowest strip is belly, which carries no pattern."""
AGREES = 0.2
"""A trunk that overlaps geometry's flank by less is none of this animal."""


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What is known of one animal's parts, in its frame. ``sure`` is the side's probability as
    the network gives it, None where geometry alone spoke."""

    side: Side = Side.UNCLEAR
    flank: Box | None = None
    head: Box | None = None
    coat: Coat | None = field(default=None, repr=False)
    sure: float | None = None


@dataclass(frozen=True, slots=True)
class Glance:
    """What the network says of one animal. ``side`` is unclear below the thresholds."""

    side: Side
    side_on: float
    head: Box | None
    coat: Coat = field(repr=False)


class MapSource(Protocol):
    """A model that gives the maps inside it for a square picture."""

    @property
    def side_px(self) -> int: ...

    def maps(self, look: Pixels) -> tuple[Output, ...]: ...


class Anatomist(Protocol):
    """Looks at one animal for its parts."""

    def glance(self, pixels: Pixels, box: Box) -> Glance: ...


class NetworkAnatomist:
    """The parts network behind the species model: one look of the latter for each animal."""

    def __init__(self, entry: ModelEntry, contents: bytes, source: MapSource) -> None:
        """Raises InferenceError for an unusable network, or one fitted to another model's maps."""
        self._network = PartsNet(entry, contents)
        self._source = source
        self._side = entry.thresholds["side"]
        self._end = entry.thresholds["end"]
        self._head = entry.thresholds["head"]
        self.glance(np.zeros((8, 8, 3), np.uint8), Box(0.0, 0.0, 1.0, 1.0))

    def glance(self, pixels: Pixels, box: Box) -> Glance:
        """Look at the animal in ``box`` of a frame. Raises InferenceError."""
        window = window_around(box, int(pixels.shape[1]), int(pixels.shape[0]))
        maps = self._source.maps(cut_window(pixels, window, self._source.side_px))
        if len(maps) != 3:
            raise InferenceError("the species model gives no maps for the parts network")
        try:
            seen = self._network.see((maps[0], maps[1], maps[2]), to_window(window, box))
        except ValueError as error:
            raise InferenceError(f"the parts network does not fit these maps: {error}") from error
        head = peak_box(window, seen.head, self._head)
        side_on = float(seen.sides[0] + seen.sides[1])
        return Glance(self._told(seen.sides), side_on, head, Coat(window, seen.coat))

    def _told(self, sides: Floats) -> Side:
        best = int(sides.argmax())
        side = SIDES[best]
        least = self._side if side in (Side.LEFT, Side.RIGHT) else self._end
        return side if float(sides[best]) >= least else Side.UNCLEAR


def anatomy(box: Box, track: Sequence[Box], aspect: float, glance: Glance | None) -> Anatomy:
    """Put together what the ``glance`` at an animal says and what its box and movement say.

    Where both name a side and disagree, none is told: a wrong side costs more than none.
    """
    walked = parts.facing(box, track, aspect)
    if glance is None:
        return Anatomy(walked, parts.flank(box, walked), parts.head(box, walked))
    side = _agreed(glance.side, walked)
    head = glance.head or parts.head(box, side)
    return Anatomy(side, _flank(box, side, head, glance.coat), head, glance.coat, glance.side_on)


def _agreed(seen: Side, walked: Side) -> Side:
    if seen is Side.UNCLEAR or walked is Side.UNCLEAR or seen is walked:
        return walked if seen is Side.UNCLEAR else seen
    return Side.UNCLEAR


def _flank(box: Box, side: Side, head: Box | None, coat: Coat) -> Box | None:
    drawn = parts.flank(box, side)
    if drawn is None:
        return None
    trunk = coat.trunk(head)
    if trunk is None or overlap(trunk, drawn) < AGREES:
        return drawn
    return within(trunk, UPPER)
