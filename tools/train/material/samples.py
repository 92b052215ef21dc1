"""The nouns of training: a labelled picture, and a drawn batch of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Pixels = NDArray[np.uint8]

LABELS = ("animal", "person", "vehicle")
"""Classes in the order of the detector's outputs (MegaDetector's convention)."""
OTHER_ANIMAL = "animal"
TARGETS = {
    "snow leopard": "Panthera uncia",
    "panthera uncia": "Panthera uncia",
    "leopard": "Panthera pardus",
    "panthera pardus": "Panthera pardus",
    "jaguar": "Panthera onca",
    "panthera onca": "Panthera onca",
}
"""Groups of their own by the words of label files; all other animals are one group."""
GROUPS = (*dict.fromkeys(TARGETS.values()), OTHER_ANIMAL, "person", "vehicle", "blank")
"""What the group head tells apart."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture and everything in it that is known.

    ``boxes`` is ``(N, 4)`` of x, y, w, h normalised to the picture, ``labels`` ``(N,)`` indices
    into ``LABELS``; ``animal`` is the group of its animals. ``unsure`` ``(M, 4)`` are places where
    something may be: nothing is learnt there. ``source`` names the collection, ``place`` what must
    not be split between training and judging (a station; a whole collection where stations are
    unknown).
    """

    path: Path
    boxes: Floats
    labels: Ints
    unsure: Floats
    animal: str
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture in memory as it goes through augmentation.

    ``pixels`` is ``(H, W, 3)`` BGR; ``boxes`` ``(N, 4)`` and ``unsure`` ``(M, 4)`` hold corners
    x1, y1, x2, y2 in its pixels.
    """

    pixels: Pixels
    boxes: Floats
    labels: Ints
    unsure: Floats
