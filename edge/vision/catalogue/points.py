"""The points of a coat by which individuals are told apart, and their codes of 32 bytes.

A point is a SIFT keypoint (Lowe 2004) with its vector divided by its sum and square-rooted
(RootSIFT, Arandjelovic and Zisserman 2012). Each of the 128 values is kept in two bits: the number
of the step it lies on. Unlike a hash, such a code can be compared with an unquantized vector.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edge.vision.decode import Pixels

if TYPE_CHECKING:
    from cv2 import KeyPoint

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

SCHEME = "rootsift-2bit/1"
MOST = 400
"""Points of a flank that is asked about; a catalogue keeps fewer."""
CODE_BYTES = 32
PLACE_BYTES = 4
SPAN_PX = 260
"""A flank is scaled until the square root of its area is this: a cat seen at an angle has a
narrower box, and a fixed width would blow its spots up."""
_LARGEST_PX = 1020
_STEP_PX = 4
_LEAST_PX = 8
_LIMITS = np.array([0.0397, 0.0834, 0.1359], np.float32)
_LEVELS = np.array([0.0187, 0.0607, 0.1061, 0.1656], np.float32)
"""Limits and means of the four steps: the Lloyd-Max quantizer of RootSIFT values on coats."""
_TABLE = np.stack(
    [_LEVELS[(np.arange(256) >> shift) & 3] for shift in (6, 4, 2, 0)], axis=1
).astype(np.float32)


@dataclass(frozen=True, slots=True)
class CoatPoints:
    """Points of one flank, strongest first.

    ``places``, ``(N, 4)``: x and y in steps of 4 px of the scaled flank, eight times the binary
    logarithm of the size, the angle in 256ths of a turn. ``codes``, ``(N, 32)``.
    """

    places: Bytes = field(repr=False)
    codes: Bytes = field(repr=False)

    def __len__(self) -> int:
        return len(self.places)

    def first(self, most: int) -> CoatPoints:
        """The strongest ``most``."""
        return CoatPoints(self.places[:most], self.codes[:most])

    def only(self, rows: NDArray[np.intp]) -> CoatPoints:
        """The points with these numbers."""
        return CoatPoints(self.places[rows], self.codes[rows])


def coat_points(animal: Pixels, mask: Bytes | None = None) -> CoatPoints:
    """Points of an animal ``(H, W, 3)``; ``mask`` ``(H, W)`` is non-zero on its coat.

    Without a mask the ellipse that fills the picture is taken for the animal: its corners are
    mostly ground. Deterministic; an animal too small for points has none.
    """
    import cv2

    if min(animal.shape[:2]) < _LEAST_PX:
        return _none()
    scale = SPAN_PX / float(np.sqrt(animal.shape[0] * animal.shape[1]))
    width_px, height_px = (
        min(_LARGEST_PX, max(_LEAST_PX, round(n * scale)))
        for n in (animal.shape[1], animal.shape[0])
    )
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    grey = cv2.resize(
        cv2.cvtColor(animal, cv2.COLOR_RGB2GRAY), (width_px, height_px), interpolation=method
    )
    if mask is None:
        coat = _ellipse(width_px, height_px)
    else:
        coat = np.asarray(
            cv2.resize(mask, (width_px, height_px), interpolation=cv2.INTER_NEAREST), np.uint8
        )
    # Flash and dusk leave the same spots at very different contrasts.
    grey = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(4, 4)).apply(grey)
    finder = cv2.SIFT.create(nfeatures=0, contrastThreshold=0.02)
    found, raw = finder.detectAndCompute(grey, coat)
    if raw is None or not len(found):
        return _none()
    order = sorted(
        range(len(found)),
        key=lambda i: (-found[i].response, found[i].pt, found[i].size, found[i].angle),
    )[:MOST]
    places = [_place(found[i]) for i in order]
    return CoatPoints(
        np.array(places, np.uint8), pack(_rootsift(np.asarray(raw, np.float32)[order]))
    )


def pack(vectors: Floats) -> Bytes:
    """Codes ``(N, 32)`` of unit vectors ``(N, 128)``; the first value has the highest bits."""
    steps = np.digitize(vectors, _LIMITS).astype(np.uint8).reshape(len(vectors), CODE_BYTES, 4)
    weights = np.array([64, 16, 4, 1], np.uint8)
    return np.asarray((steps * weights).sum(axis=2), np.uint8)


def unpack(codes: Bytes) -> Floats:
    """Unit vectors ``(N, 128)`` that stand for codes ``(N, 32)``."""
    vectors = _TABLE[codes].reshape(len(codes), 4 * CODE_BYTES)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _place(found: KeyPoint) -> tuple[int, ...]:
    x_px, y_px = found.pt
    size = round(8 * float(np.log2(max(found.size, 1.0))))
    return (
        min(255, max(0, round(x_px / _STEP_PX))),
        min(255, max(0, round(y_px / _STEP_PX))),
        min(255, size),
        round(found.angle * 256 / 360) % 256,
    )


def _rootsift(raw: NDArray[np.float32]) -> Floats:
    sums = np.maximum(raw.sum(axis=1, keepdims=True), 1.0)
    return np.asarray(np.sqrt(raw / sums), np.float32)


def _ellipse(width_px: int, height_px: int) -> Bytes:
    ys, xs = np.ogrid[:height_px, :width_px]
    far = ((xs + 0.5 - width_px / 2) / (0.46 * width_px)) ** 2 + (
        (ys + 0.5 - 0.45 * height_px) / (0.45 * height_px)
    ) ** 2
    return np.asarray(np.where(far <= 1, 255, 0), np.uint8)


def _none() -> CoatPoints:
    return CoatPoints(np.zeros((0, PLACE_BYTES), np.uint8), np.zeros((0, CODE_BYTES), np.uint8))
