"""Fit a picture of any shape into a network's fixed input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.records import Box
from edge.vision.boxes import clip
from edge.vision.decode import Pixels
from models.registry import InputSpec


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a picture lies in its canvas: at the top left, ``width_px`` by ``height_px``."""

    width_px: int
    height_px: int

    def to_frame(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """Corners in canvas pixels to a box normalised to the picture, cut to it."""
        w, h = self.width_px, self.height_px
        return clip(x0 / w, y0 / h, x1 / w, y1 / h)


def fit_into(width_px: int, height_px: int, canvas_width_px: int, canvas_height_px: int) -> Fit:
    """The largest undistorted placement, at least one pixel wide and high."""
    scale = min(canvas_width_px / width_px, canvas_height_px / height_px)
    return Fit(
        min(canvas_width_px, max(1, round(width_px * scale))),
        min(canvas_height_px, max(1, round(height_px * scale))),
    )


class Letterbox:
    """A reusable canvas in the channel order of a network's input.

    With the fit ``letterbox`` pictures keep their shape and are padded at the bottom and right;
    with ``stretch`` they fill the canvas.
    """

    def __init__(self, spec: InputSpec) -> None:
        self._height_px, self._width_px = spec.shape[1:3]
        self._canvas: Pixels = np.full(spec.shape[1:], spec.pad_value, np.uint8)
        self._pad_value = spec.pad_value
        self._swap = spec.colour == "BGR"
        self._stretch = spec.fit == "stretch"
        self._last: Fit | None = None

    def place(self, pixels: Pixels) -> tuple[Pixels, Fit]:
        """The canvas with the RGB ``pixels`` in it. It stays valid until the next call."""
        import cv2

        width_px, height_px = self._width_px, self._height_px
        fit = Fit(width_px, height_px)
        if not self._stretch:
            fit = fit_into(pixels.shape[1], pixels.shape[0], width_px, height_px)
        region = self._canvas[: fit.height_px, : fit.width_px]
        size = fit.width_px, fit.height_px
        cv2.resize(pixels, size, dst=region, interpolation=cv2.INTER_LINEAR)
        if self._swap:
            cv2.cvtColor(region, cv2.COLOR_RGB2BGR, dst=region)
        if fit != self._last:
            self._canvas[fit.height_px :] = self._pad_value
            self._canvas[: fit.height_px, fit.width_px :] = self._pad_value
            self._last = fit
        return self._canvas, fit
