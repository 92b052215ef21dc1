"""Find animals in a frame: a YOLOX network as the model registry describes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.records import Detection
from edge.vision.decode import Pixels
from edge.vision.errors import InferenceError
from edge.vision.interpreter import Network
from edge.vision.letterbox import Letterbox
from edge.vision.nms import OVERLAP, suppress
from models.registry import ModelEntry

MOST = 20
"""Boxes kept of one frame."""
_LARGEST_LOG_SIZE = 8.0
"""Bound on a predicted log size, so that a wild value cannot overflow."""


class Detector:
    """A YOLOX network without its decoding layer (Ge et al. 2021).

    It answers for each anchor point with ``boxes`` (dx, dy, log w, log h, in strides),
    ``objectness`` and one ``class_score`` per class; a detection scores their product.
    """

    def __init__(self, entry: ModelEntry, model: bytes, threads: int = 1) -> None:
        """``model`` is what ``entry.read()`` returned. Raises InferenceError, RuntimeMissing."""
        if entry.decode != "yolox":
            raise InferenceError(f"{entry.name}: no decoder for {entry.decode!r}; yolox is known")
        self.network = Network(model, entry.input, threads)
        self._labels = entry.labels
        width_px, height_px = self.network.width_px, self.network.height_px
        self._letterbox = Letterbox(entry.input)
        self._boxes = entry.output("boxes").index
        self._objectness = entry.output("objectness").index
        self._classes = entry.output("class_score").index
        self._grid, self._strides = anchor_points(width_px, height_px, entry.strides)
        shapes = self.network.output_shapes
        expected = (1, len(self._grid), 4)
        if shapes[self._boxes] != expected:
            raise InferenceError(
                f"{entry.name}: boxes have the shape {shapes[self._boxes]}, {expected} expected "
                f"from strides {entry.strides}"
            )
        if shapes[self._classes][-1] != len(self._labels):
            raise InferenceError(
                f"{entry.name}: {shapes[self._classes][-1]} classes, {len(self._labels)} labels"
            )

    def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]:
        """Detections of at least ``least_score``, surest first, at most ``MOST``."""
        canvas, fit = self._letterbox.place(pixels)
        self.network.run(canvas)
        rows = self.network.strong(self._objectness, least_score)
        if not rows.size:
            return ()
        per_class = self.network.picked(self._classes, rows)
        scores = self.network.picked(self._objectness, rows) * per_class.max(axis=1, keepdims=True)
        sure = scores[:, 0] >= least_score
        rows, scores, labels = rows[sure], scores[sure, 0], per_class[sure].argmax(axis=1)
        corners = self._corners(rows)
        kept = suppress(corners, scores, OVERLAP, MOST)
        return tuple(
            Detection(
                fit.to_frame(*(float(n) for n in corners[i])),
                self._labels[labels[i]],
                min(1.0, float(scores[i])),
            )
            for i in kept
        )

    def _corners(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """``(N, 4)`` corners in canvas pixels of the chosen anchor points."""
        raw = self.network.picked(self._boxes, rows)
        strides = self._strides[rows, None]
        centre = (raw[:, :2] + self._grid[rows]) * strides
        half = np.exp(np.minimum(raw[:, 2:], _LARGEST_LOG_SIZE)) * strides / 2
        return np.concatenate([centre - half, centre + half], axis=1)


def anchor_points(
    width_px: int, height_px: int, strides: tuple[int, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cell ``(N, 2)`` (x, y) and stride ``(N,)`` of each anchor point, row by row, finest first."""
    grids, steps = [], []
    for stride in strides:
        columns, lines = np.meshgrid(np.arange(width_px // stride), np.arange(height_px // stride))
        grids.append(np.stack([columns.ravel(), lines.ravel()], axis=1))
        steps.append(np.full(columns.size, stride))
    return np.concatenate(grids).astype(np.float32), np.concatenate(steps).astype(np.float32)
