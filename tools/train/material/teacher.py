"""What the untuned detector finds in pictures that nobody drew boxes on.

Tuned on new pictures alone, a network forgets what it knew: on a strange forest the share of
animals found fell from 90 to 60 per cent. Its own findings stand in for drawn boxes on all other
pictures, so that the old knowledge is rehearsed while the new is learnt.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.vision.decode import decode
from edge.vision.detector import Detector
from edge.vision.errors import DecodeError
from models.registry import ModelEntry
from tools.train.material.samples import Floats

LONG_SIDE_PX = 640
LEAST_SCORE = 0.1


class Teacher:
    """Finds what there is in a picture; asks the model once for each."""

    def __init__(self, entry: ModelEntry, threads: int = 1) -> None:
        self._detector = Detector(entry, entry.read(), threads)
        self._known: dict[Path, Floats] = {}

    def found_in(self, path: Path) -> Floats:
        """``(N, 5)``: x, y, w, h normalised to the picture, and score, best first.

        Raises DecodeError where the picture cannot be decoded.
        """
        if path not in self._known:
            try:
                pixels = decode(path.read_bytes(), LONG_SIDE_PX).pixels
            except DecodeError as error:
                raise DecodeError(f"{path}: {error}") from error
            found = self._detector.find(pixels, LEAST_SCORE)
            rows = [(d.box.x, d.box.y, d.box.w, d.box.h, d.score) for d in found]
            self._known[path] = np.array(rows, np.float32).reshape(-1, 5)
        return self._known[path]
