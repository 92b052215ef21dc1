"""Coat masks to learn from: automatic ones mended inside the box drawn by hand, or refused."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.records import Box

Mask = NDArray[np.uint8]
Pixels = NDArray[np.uint8]

SIDE_PX = 256
"""The animal and a tenth on each side are mended at this size."""
CORE = 15
"""Pixels that the automatic mask is eroded by to what is surely coat."""
REACH = 12
"""Pixels beyond the automatic mask where coat is still looked for."""
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Trust:
    """How well a mask agrees with the box: its share inside, the share of the box that it fills,
    and the overlap of its bounds with the box."""

    inside: float
    filled: float
    bounds: float


def mended(pixels: Pixels, mask: Mask, box: Box) -> Mask:
    """``mask`` (0 or 255) of RGB ``pixels`` drawn again with GrabCut (Rother et al. 2004).

    What is outside the box is rock; the middle of the automatic mask is coat; between the two,
    smoothed lightness, local contrast and yellowness decide: a coat has spots, scree has edges.
    """
    height_px, width_px = mask.shape
    size = max(box.w * width_px, box.h * height_px) * 1.2
    scale, middle = SIDE_PX / size, SIDE_PX / 2
    cx, cy = (box.x + box.w / 2) * width_px, (box.y + box.h / 2) * height_px
    to_square = np.array(
        [[scale, 0, middle - cx * scale], [0, scale, middle - cy * scale]], np.float32
    )
    square = (SIDE_PX, SIDE_PX)
    seen = cv2.warpAffine(pixels, to_square, square, flags=cv2.INTER_AREA)
    drawn = cv2.warpAffine((mask > 127).astype(np.uint8), to_square, square, flags=0)
    features = _features(np.asarray(seen, np.uint8))
    inside = _inside(box, width_px, height_px, scale)
    found = _cut(features, np.asarray(drawn, np.uint8), inside)
    back = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    whole = cv2.warpAffine(found * 255, to_square, (width_px, height_px), flags=back)
    return np.asarray(whole, np.uint8)


def trust(mask: Mask, box: Box) -> Trust:
    """How well ``mask`` agrees with ``box``, which may miss a twentieth of the animal."""
    height_px, width_px = mask.shape
    x0, y0 = box.x * width_px, box.y * height_px
    w, h = box.w * width_px, box.h * height_px
    near = np.zeros_like(mask, bool)
    top, left = max(0, int(y0 - 0.06 * h)), max(0, int(x0 - 0.06 * w))
    near[top : int(y0 + 1.06 * h) + 1, left : int(x0 + 1.06 * w) + 1] = True
    coat = mask > 127
    kept = coat & near
    if not kept.any():
        return Trust(0.0, 0.0, 0.0)
    ys, xs = np.nonzero(kept)
    across = min(xs.max(), x0 + w) - max(xs.min(), x0)
    down = min(ys.max(), y0 + h) - max(ys.min(), y0)
    union = np.ptp(xs) * np.ptp(ys) + w * h - across * down
    return Trust(
        float(kept.sum() / coat.sum()), float(kept.sum() / (w * h)), float(across * down / union)
    )


def trusted(before: Trust, after: Trust) -> bool:
    """Whether a mask, ``before`` and ``after`` mending, is good enough to learn from."""
    return before.inside > 0.6 and 0.35 < after.filled < 0.92 and after.bounds > 0.7


def _features(seen: Pixels) -> Pixels:
    lab = cv2.cvtColor(seen, cv2.COLOR_RGB2LAB).astype(np.float32)
    light = lab[:, :, 0]
    mean = cv2.GaussianBlur(light, (0, 0), 4)
    spread = np.sqrt(np.maximum(0, cv2.GaussianBlur(light * light, (0, 0), 4) - mean**2))
    yellow = cv2.GaussianBlur(lab[:, :, 2], (0, 0), 2) - 128
    planes = [cv2.GaussianBlur(light, (0, 0), 2), spread * 4, 128 + 2.5 * yellow]
    return np.asarray(np.clip(np.stack(planes, axis=2), 0, 255), np.uint8)


def _inside(box: Box, width_px: int, height_px: int, scale: float) -> Mask:
    half_w, half_h = box.w * width_px * scale / 2, box.h * height_px * scale / 2
    middle = SIDE_PX / 2
    inside = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    top, left = max(0, int(middle - half_h)), max(0, int(middle - half_w))
    inside[top : int(middle + half_h), left : int(middle + half_w)] = 1
    return inside


def _cut(features: Pixels, drawn: Mask, inside: Mask) -> Mask:
    labels: Mask = np.full(drawn.shape, cv2.GC_BGD, np.uint8)
    labels[inside > 0] = cv2.GC_PR_BGD
    labels[(drawn & inside) > 0] = cv2.GC_PR_FGD
    core = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (CORE, CORE))
    labels[cv2.erode(drawn & inside, core, borderValue=1) > 0] = cv2.GC_FGD
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (REACH, REACH))
    labels[cv2.dilate(drawn, reach) == 0] = cv2.GC_BGD
    maybe = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    if maybe.sum() < 50 or (labels == cv2.GC_BGD).sum() < 50:
        return drawn
    models = np.zeros((1, 65)), np.zeros((1, 65))
    everywhere = (0, 0, 0, 0)  # not read where a mask begins
    cv2.grabCut(features, labels, everywhere, *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    opened = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return np.asarray(closed, np.uint8)
