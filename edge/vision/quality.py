"""How good a view of an animal is, for choosing what to send."""

from __future__ import annotations

import numpy as np

from edge.records import Box
from edge.vision.boxes import pixel_rectangle
from edge.vision.decode import Picture, Pixels
from edge.vision.shrink import shrunk

SHARPNESS_SIDE_PX = 256
"""Sharpness is measured at this long side, so that large and small views compare."""
HALF_SHARP = 150.0
"""Variance of the Laplacian that counts as half sharp."""
GOOD_LONG_SIDE_PX = 640.0
"""An animal this long in the file has all the pixels that matching can use."""
WHITE = 250
"""Of 255, in all channels: burnt out, JPEG's ringing allowed for."""
EDGE = 0.005
"""A box this near to the frame's edge is taken to continue beyond it."""


def view_quality(picture: Picture, box: Box) -> float:
    """0..1: geometric mean of size, sharpness and completeness of the animal in ``box``."""
    product = outline_quality(picture, box) * pixel_quality(picture, box)
    return float(np.clip(np.cbrt(product), 0.0, 1.0))


def outline_quality(picture: Picture, box: Box) -> float:
    """0..1: size times completeness, for which no pixel need be read."""
    long_side_px = max(box.w * picture.full_width_px, box.h * picture.full_height_px)
    return min(1.0, long_side_px / GOOD_LONG_SIDE_PX) * completeness(box)


def pixel_quality(picture: Picture, box: Box) -> float:
    """0..1: how sharp the animal in ``box`` is, times the share of it that is not burnt out."""
    x0, y0, x1, y1 = pixel_rectangle(box, picture.pixels.shape[1], picture.pixels.shape[0])
    view = picture.pixels[y0:y1, x0:x1]
    variance = sharpness(view)
    return variance / (variance + HALF_SHARP) * (1.0 - burnt(view))


def burnt(pixels: Pixels) -> float:
    """Share of ``pixels`` (H, W, 3) that is white: fur a metre from a lamp, and nobody's coat."""
    if not pixels.size:
        return 0.0
    return float((pixels.min(axis=2) >= WHITE).mean())


def side_on_quality(side_on: float) -> float:
    """Factor of a view's quality from the probability, 0..1, that the animal shows its flank.

    A view from the front or from behind keeps half: it still tells what stood there.
    """
    return 0.5 + 0.5 * side_on


def sharpness(pixels: Pixels) -> float:
    """Variance of the Laplacian (Pech-Pacheco et al. 2000) of the grey picture at a fixed scale.

    Pictures smaller than the scale are measured as they are.
    """
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    scale = SHARPNESS_SIDE_PX / max(grey.shape)
    if scale < 1:
        size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
        grey = shrunk(np.asarray(grey, np.uint8), *size)
    _, spread = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F))
    return float(spread[0, 0]) ** 2


def completeness(box: Box) -> float:
    """1 for a box clear of all edges of the frame, a quarter less for each edge it touches."""
    touched = (
        (box.x <= EDGE)
        + (box.y <= EDGE)
        + (box.x + box.w >= 1 - EDGE)
        + (box.y + box.h >= 1 - EDGE)
    )
    return 1.0 - 0.25 * touched
