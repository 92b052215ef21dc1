"""How light it is, from how the camera exposed and what came of it.

A picture's mean, in linear light, over what the exposure let in is the light of the scene. With
the reflected-light meter's constant (ISO 2720: K = 12.5, C = 250; 12.5 pi / 250 is a grey of 16 %)
that is ``lux = C / 100 x N^2 / (t x gain) x mean / MIDDLE_GREY`` at ISO 100 for a gain of 1. The
sensor's own speed, and what the lens swallows, are in neither: good to a stop or so, and a factor
that stays the same for a camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.records import Exposure
from edge.vision.decode import Pixels

MIDDLE_GREY = 0.18
"""What a camera's own metering makes of a scene's mean, of full scale, in linear light."""
_C = 250.0
_ISO = 100.0
_BLACK, _WHITE = 0.003, 0.9
"""Means at which a picture tells no more than a bound: noise alone, and most of it burnt out."""
_DARK, _LIT = 0.25, 0.6
"""Of MIDDLE_GREY: a camera that tells no exposure is at the end of its means below the first, and
still within them above the second."""
BRIGHT_LX, DARK_LX = 100_000.0, 0.0

Linear = NDArray[np.float32]
"""Light of full scale, 0..1."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The light lies within these bounds, in lux."""

    least_lx: float
    most_lx: float


def linear(pixels: Pixels) -> Linear:
    """Light of each pixel, all channels together: sRGB's curve undone (IEC 61966-2-1)."""
    result: Linear = _TABLE[pixels].mean(axis=2, dtype=np.float32)
    return result


def curve(values: Linear) -> Linear:
    """sRGB's curve: 0..1 of light to 0..1 as it is seen."""
    values = np.clip(values, 0.0, 1.0)
    low = values <= 0.0031308
    result: Linear = np.where(low, 12.92 * values, 1.055 * values ** (1 / 2.4) - 0.055)
    return result.astype(np.float32)


def _undone() -> Linear:
    coded = np.arange(256, dtype=np.float32) / 255
    low = coded <= 0.04045
    return np.where(low, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4).astype(np.float32)


_TABLE = _undone()


def read(
    pixels: Pixels, exposure: Exposure, aperture: float, passes: float = 1.0
) -> Reading | None:
    """The light in which ``pixels`` (H, W, 3) were taken through an aperture of f/``aperture``.

    ``passes`` is how many times as much light comes in without the infrared filter. None: the
    picture does not tell.
    """
    mean = float(linear(pixels[::8, ::8]).mean())
    if exposure.exposure_us is None or exposure.exposure_us <= 0:  # there are such drivers
        return _by_brightness(mean / MIDDLE_GREY / passes)
    seconds = exposure.exposure_us / 1e6
    lux = _C / _ISO * aperture**2 / (seconds * (exposure.analogue_gain or 1.0)) / passes
    if mean <= _BLACK:
        return Reading(DARK_LX, lux * _BLACK / MIDDLE_GREY)
    if mean >= _WHITE:
        return Reading(lux * _WHITE / MIDDLE_GREY, BRIGHT_LX)
    return Reading(lux * mean / MIDDLE_GREY, lux * mean / MIDDLE_GREY)


def _by_brightness(share: float) -> Reading | None:
    """Of a camera that tells nothing, and meters for itself: enough, not enough, or neither."""
    if share <= _DARK:
        return Reading(DARK_LX, DARK_LX)
    return Reading(BRIGHT_LX, BRIGHT_LX) if share >= _LIT else None
