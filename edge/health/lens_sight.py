"""What one picture says of the glass before the lens: three numbers, for less than a millisecond.

The banners at its top and bottom are left out. What they mean is told by the same camera's own
history (edge.health.lens_history): a scree slope has more detail than a meadow, whatever the glass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edge.vision.decode import Pixels
from edge.vision.motion import BANNER, INFRARED_CHROMA
from edge.vision.shrink import shrunk

WIDTH_PX, SMALL_PX = 640, 160
"""Fine and coarse detail are measured at these widths; larger pictures are reduced, smaller ones
are measured as they are."""
LINES, COLUMNS = 6, 8
FLAT_SPREAD = 4.0
"""Standard deviation, in grey levels, below which a cell shows nothing: chosen, above noise."""
_NOISE = 0.3
"""Mean difference of neighbours, in grey levels, that is in any picture: keeps ratios finite."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One picture's glass.

    ``sharp`` is fine over coarse detail (log2 of mean differences of neighbours): contrast drops
    out of it, blur does not. ``contrast`` is the spread within the liveliest tenth of the cells
    (log2 of grey levels). ``flat``, 0..1, is the share of cells that show nothing.
    """

    sharp: float
    contrast: float
    flat: float
    infrared: bool


def sight(pixels: Pixels) -> Sight | None:
    """Of ``(H, W, 3)`` uint8; None for a picture too small to tell."""
    import cv2

    height_px, width_px = pixels.shape[:2]
    banner = round(BANNER * height_px)
    pixels = pixels[banner : height_px - banner]
    if min(pixels.shape[:2]) < SMALL_PX // 2 or width_px < SMALL_PX:
        return None
    grey: Pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    if width_px > WIDTH_PX:
        grey = shrunk(grey, WIDTH_PX, max(1, round(len(grey) * WIDTH_PX / width_px)))
    small = shrunk(grey, SMALL_PX, max(LINES, round(len(grey) * SMALL_PX / grey.shape[1])))
    spreads = _spreads(small)
    lively = float(np.partition(spreads.ravel(), -(spreads.size // 10) - 1)[-spreads.size // 10])
    few = pixels[::8, ::8].astype(np.int16)
    return Sight(
        sharp=math.log2((_detail(grey) + _NOISE) / (_detail(small) + _NOISE)),
        contrast=math.log2(lively + 1.0),
        flat=float((spreads < FLAT_SPREAD).mean()),
        infrared=float(np.abs(few[:, :, 0] - few[:, :, 2]).mean()) < INFRARED_CHROMA,
    )


def _detail(grey: Pixels) -> float:
    """Mean absolute difference of neighbours in a line."""
    import cv2

    return float(cv2.mean(cv2.absdiff(grey[:, 1:], grey[:, :-1]))[0])


def _spreads(small: Pixels) -> np.ndarray:
    """Standard deviation of each cell, ``(LINES, COLUMNS)``."""
    height, width = small.shape[0] // LINES, small.shape[1] // COLUMNS
    whole = small[: height * LINES, : width * COLUMNS].astype(np.float32)
    cells = whole.reshape(LINES, height, COLUMNS, width)
    result: np.ndarray = cells.std(axis=(1, 3))
    return result
