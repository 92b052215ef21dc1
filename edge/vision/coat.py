"""Where an animal's coat is, as far as a coarse mask tells, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.records import Box
from edge.vision.boxes import pixel_rectangle
from edge.vision.window import to_frame, to_window

Floats = NDArray[np.float32]
Mask = NDArray[np.uint8]

COAT = 0.6
"""From this probability on a cell counts as coat."""
FINE = 4
"""Cells are drawn this many times finer before anything is measured on them."""
SLENDER = 0.55
"""What is thinner than this share of the trunk is leg, tail or neck."""
LEAST_COVERED = 0.25
"""A region with less coat than this is not masked: the network has lost the animal."""


@dataclass(frozen=True, slots=True)
class Coat:
    """``cells``, ``(n, n)``: the probability of coat over ``window``, a square of the frame."""

    window: Box
    cells: Floats = field(repr=False)

    def mask(self, region: Box, width_px: int, height_px: int) -> Mask | None:
        """255 on the coat, 0 beside it, for ``region`` cut from a frame of that size.

        Smoothed between cells. None where too little of the region is coat to believe it.
        """
        import cv2

        x0, y0, x1, y1 = pixel_rectangle(region, width_px, height_px)
        cells = len(self.cells)
        # Cell coordinates of each pixel's middle; cells have theirs at the half.
        xs = ((np.arange(x0, x1) + 0.5) / width_px - self.window.x) / self.window.w * cells - 0.5
        ys = ((np.arange(y0, y1) + 0.5) / height_px - self.window.y) / self.window.h * cells - 0.5
        grid_x, grid_y = np.meshgrid(xs.astype(np.float32), ys.astype(np.float32))
        shown = cv2.remap(
            self.cells, grid_x, grid_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        mask: Mask = np.where(shown >= COAT, 255, 0).astype(np.uint8)
        return mask if (mask > 0).mean() >= LEAST_COVERED else None

    def trunk(self, head: Box | None) -> Box | None:
        """The bounds of the trunk in the frame: the coat without legs, tail and ``head``.

        None where there is no coat, or nothing of it is left.
        """
        import cv2

        coat = _largest(_finer(self.cells) >= COAT)
        if coat is None:
            return None
        if head is not None:
            _clear(coat, to_window(self.window, head))
        # Beyond the window the animal may go on: a cut is no thin end.
        padded = cv2.copyMakeBorder(coat, 2, 2, 2, 2, cv2.BORDER_REPLICATE)
        depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)
        core = (depth >= SLENDER * depth.max()).astype(np.uint8)
        radius = max(1, round(SLENDER * float(depth.max())))
        around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        opened = cv2.bitwise_and(cv2.dilate(core, around), padded)
        trunk = _largest(opened[2:-2, 2:-2] > 0)
        if trunk is None:
            return None
        x, y, w, h = cv2.boundingRect(trunk)
        n = len(trunk)
        return to_frame(self.window, Box(x / n, y / n, w / n, h / n))


def peak_box(window: Box, cells: Floats, least: float) -> Box | None:
    """The bounds of the spot around the highest of ``cells``, where that is ``least`` or more."""
    import cv2

    fine = _finer(cells)
    highest = float(fine.max())
    if highest < least:
        return None
    spot = (fine >= 0.5 * highest).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(spot, connectivity=4)
    x, y, w, h = (int(v) for v in stats[labels[np.unravel_index(fine.argmax(), fine.shape)]][:4])
    n = len(fine)
    return to_frame(window, Box(x / n, y / n, w / n, h / n))


def _finer(cells: Floats) -> Floats:
    import cv2

    size = (len(cells) * FINE, len(cells) * FINE)
    return np.asarray(cv2.resize(cells, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _largest(shape: NDArray[np.bool_]) -> Mask | None:
    """The largest connected part, or None of nothing."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(shape.astype(np.uint8))
    if count < 2:
        return None
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return np.asarray(labels == largest, np.uint8)


def _clear(coat: Mask, head: Box) -> None:
    n = len(coat)
    x0, y0, x1, y1 = (
        round(min(max(edge, 0.0), 1.0) * n)
        for edge in (head.x, head.y, head.x + head.w, head.y + head.h)
    )
    coat[y0:y1, x0:x1] = 0
