"""Real eyes that look at each thing once: who lives the same life again and again, in forks of one
process, has the models' own answers without waiting for them each time."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import edge.vision.triage
from edge.records import Box, Detection
from edge.vision.decode import Pixels
from edge.vision.evidence import Evidence
from edge.vision.eyes import Eyes
from edge.vision.species import Naming


class Remembering:
    """Eyes that look at each thing once: the forks share what was seen before them."""

    def __init__(self, eyes: Eyes) -> None:
        assert eyes.working is not None
        self._finder, self._namer = eyes.working
        self._seen: dict[tuple[Any, ...], Any] = {}
        self.eyes = Eyes(self, self, eyes.models)

    def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]:
        return self._once(self._finder.find, pixels, least_score)

    def name(self, pixels: Pixels, boxes: Sequence[Box]) -> Naming:
        return self._once(self._namer.name, pixels, tuple(boxes))

    def target_mass(self, pixels: Pixels, region: Box) -> float:
        return self._once(self._namer.target_mass, pixels, region)

    def _once(self, look: Callable[[Pixels, Any], Any], pixels: Pixels, where: Any) -> Any:
        key = (look.__name__, pixels.tobytes(), where)
        if key not in self._seen:
            self._seen[key] = look(pixels, where)
        return self._seen[key]


def remember_evidence() -> None:
    """From now on the pictures of a burst are cut and its coat is coded once, in the same way."""
    make = edge.vision.triage.of_target
    made: dict[tuple[bytes, ...], Evidence] = {}

    def look_up(views: Any, frames: Sequence[bytes], *others: Any, **options: Any) -> Evidence:
        key = tuple(frames)
        if key not in made:
            made[key] = make(views, frames, *others, **options)
        return copy.deepcopy(made[key])

    edge.vision.triage.of_target = look_up
