"""Exposure by what moved: a leopard's coat, not the snow behind it. Pure functions.

Everything is told in linear light of full scale, 0..1, at a small scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.capture.light.lux import Linear, curve, linear
from edge.records import Exposure
from edge.vision.decode import Pixels
from edge.vision.motion import BANNER
from edge.vision.shrink import shrunk

WIDTH_PX = 160
"""Pictures are compared at this width: a cat of 4 % of the frame is still 6 pixels long."""
PERCENTILE = 90.0
"""Of what moved: the bright part of a coat, for what is burnt out cannot be brought back."""
TARGET = 0.5
"""Where that belongs: one stop below white."""
BURNT = 250
"""Of 255: a channel from here on is white, JPEG's ringing allowed for."""
MOST_BURNT = 0.05
"""Share of what moved that may be burnt: highlights, an eye that shines."""
MOST_BURNT_FRAME = 0.01
"""The same of a whole frame, where it is not known what moved: an animal of 10 % by 10 %."""
MOST_LIGHT = 0.05
"""Share of a frame that may become white for the sake of a dark animal in it."""
_NEARLY_WHITE = 0.85
"""Mean of the channels at which the first of them is at its end."""
_LEAST, _MOST = 0.002, 0.6
"""Share of the frame that can have moved: less is noise, more is the light."""
_CHANGED, _NOISES = 0.08, 5.0
"""What differs by so much as it is seen, and by so many times the median difference, has moved."""
_RIM = np.ones((5, 5), np.uint8)
"""Two pixels around: as far as smoothing carries an edge."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Small:
    """A picture at the scale of metering, without banners: its light, and where it is burnt."""

    light: Linear
    burnt: Mask


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved: ``level`` is its bright part's light, ``burnt`` the share of it that is white,
    ``share`` how much of the frame it is."""

    level: float
    burnt: float
    share: float


def small(pixels: Pixels) -> Small:
    """``pixels`` (H, W, 3), uint8, at the scale of metering."""
    height_px, width_px = pixels.shape[:2]
    banner = round(BANNER * height_px)
    pixels = pixels[banner : height_px - banner]
    if width_px > WIDTH_PX:
        pixels = shrunk(pixels, WIDTH_PX, max(1, round(len(pixels) * WIDTH_PX / width_px)))
    return Small(linear(pixels), pixels.max(axis=2) >= BURNT)


def moved(now: Small, before: Small) -> Moved | None:
    """What differs between two pictures of one place in the same light, however each was exposed.

    None where nothing does, or all of it.
    """
    if now.light.shape != before.light.shape:
        return None
    mask = _differs(now, before)
    share = float(mask.mean())
    if not _LEAST <= share <= _MOST:
        return None
    mask = _without_rim(mask)
    level = float(np.percentile(now.light[mask], PERCENTILE))
    return Moved(level, float(now.burnt[mask].mean()), share)


def _differs(now: Small, before: Small) -> Mask:
    import cv2

    expected = np.minimum(before.light * _brighter(now.light, before.light), 1.0)
    seen = cv2.blur(cv2.absdiff(curve(now.light), curve(expected)), (3, 3))
    mask: Mask = seen > max(_CHANGED, _NOISES * float(np.median(seen)))
    # What was burnt out before may have any light now: that it does not match says nothing.
    unknown = cv2.dilate((before.burnt & ~now.burnt).astype(np.uint8), _RIM) > 0
    return mask & ~unknown


def _without_rim(mask: Mask) -> Mask:
    """Without the pixels that are half background, unless little else were left."""
    import cv2

    inner: Mask = cv2.erode(mask.astype(np.uint8), _RIM) > 0
    return inner if inner.sum() * 4 >= mask.sum() else mask


def _brighter(now: Linear, before: Linear) -> float:
    """How many times as bright the unchanged part of a picture is: exposure, or a cloud."""
    told = (before > 0.01) & (before < 0.8) & (now > 0.01) & (now < 0.8)
    if told.sum() < 0.05 * told.size:
        return 1.0
    return float(np.median(now[told] / before[told]))


@dataclass(frozen=True, slots=True)
class MeterTerms:
    """What exposures may come out: between ``shortest_us`` and ``longest_us``, with no more than
    ``highest_gain``; a coat that is burnt out is exposed darker by ``step_ev``, again and again,
    ``most_darker_ev`` at most, and one that is dark brighter by ``most_brighter_ev`` at most. By
    lamplight one early picture is darker by ``bracket_ev``, whatever was seen; 0: none is.

    A cat at a walk (1 m/s) 5 m off is smeared over 7 pixels in 20 ms, in a picture of 1920 px and
    60 degrees. Raises ValueError where they contradict each other.
    """

    shortest_us: int = 50
    longest_us: int = 20_000
    highest_gain: float = 16.0
    step_ev: float = 1.5
    most_darker_ev: float = 6.0
    most_brighter_ev: float = 2.0
    bracket_ev: float = 3.0

    def __post_init__(self) -> None:
        if not 0 < self.shortest_us <= self.longest_us or self.highest_gain < 1:
            raise ValueError("exposures last from shortest_us to longest_us, with a gain of 1 up")
        least_ev = min(self.most_darker_ev, self.most_brighter_ev, self.bracket_ev)
        if self.step_ev <= 0 or least_ev < 0:
            raise ValueError("step_ev must be above 0, and the other stops 0 or more")


def wanted_ev(level: float) -> float:
    """By how many stops what moved should be brighter; below 0: darker."""
    return math.log2(TARGET / max(level, TARGET / 64))


def headroom_ev(picture: Small) -> float:
    """By how many stops ``picture`` can be brighter, with MOST_LIGHT of it white at most."""
    level = float(np.percentile(picture.light, 100 * (1 - MOST_LIGHT)))
    return max(0.0, math.log2(_NEARLY_WHITE / max(level, _NEARLY_WHITE / 64)))


def scaled(exposure: Exposure, ev: float, terms: MeterTerms) -> Exposure | None:
    """``exposure`` with ``ev`` stops more light, by time as far as that goes, then by gain.

    None where the camera does not tell how long it exposed. A gain that is not told stays the
    camera's own.
    """
    if exposure.exposure_us is None:
        return None
    gain = exposure.analogue_gain
    total_us = exposure.exposure_us * (gain or 1.0) * 2**ev
    time_us = round(min(max(total_us, terms.shortest_us), terms.longest_us))
    if gain is not None:
        gain = min(max(total_us / time_us, 1.0), terms.highest_gain)
    return Exposure(time_us, gain)


def stops(exposure: Exposure) -> float:
    """Light let in, in stops above a microsecond at a gain of 1."""
    return math.log2((exposure.exposure_us or 1) * (exposure.analogue_gain or 1.0))
