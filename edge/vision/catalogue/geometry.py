"""Do matched points lie alike? A coat bends, so what is asked for is loose but whole.

Each match alone proposes a similarity (turn, size, shift), since a SIFT point has a size and an
angle; the proposal that most others agree with wins. All proposals are tried, nothing is drawn at
random, so the same two flanks always give the same answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.vision.catalogue.points import SPAN_PX, Bytes, Floats

NEAR_PX = 0.12 * SPAN_PX
"""A point may lie this far from where the proposal puts it."""
_STEP_PX = 4.0
_EIGHTHS = 8.0
_TURN = 256.0
TWICE = 1.0
"""Sizes may differ by this many doublings from the proposal's."""
ASKEW = 1 / 8
"""Angles may differ by this share of a turn."""
TILT = 1 / 6
"""A proposal may turn a standing animal by this share of a turn at most."""
RESIZE = 1.2
"""A proposal may resize by this many doublings at most: both flanks are scaled alike."""


def agreeing(asked: Bytes, known: Bytes, weights: Floats) -> NDArray[np.bool_]:
    """Which matches ``asked[i]`` to ``known[i]``, places ``(N, 4)``, support the best proposal."""
    count = len(asked)
    if count == 0:
        return np.zeros(0, np.bool_)
    here, there = _complex(asked), _complex(known)
    grown = (known[:, 2].astype(np.float64) - asked[:, 2]) / _EIGHTHS
    turned = _wrapped((known[:, 3].astype(np.float64) - asked[:, 3]) / _TURN)
    proposals = np.flatnonzero((np.abs(turned) <= TILT) & (np.abs(grown) <= RESIZE))
    if not len(proposals):
        return np.zeros(count, np.bool_)
    # SIFT angles run with y downwards, as places do: one sign for both.
    factor = np.exp2(grown) * np.exp(2j * np.pi * turned)
    landing = there[proposals, None] + factor[proposals, None] * (here - here[proposals, None])
    fits = np.abs(landing - there) <= NEAR_PX
    fits &= np.abs(grown - grown[proposals, None]) <= TWICE
    fits &= np.abs(_wrapped(turned - turned[proposals, None])) <= ASKEW
    support = fits @ weights.astype(np.float64)
    return np.asarray(fits[int(support.argmax())], np.bool_)


def _complex(places: Bytes) -> NDArray[np.complex128]:
    steps = places[:, :2].astype(np.float64) * _STEP_PX
    return np.asarray(steps[:, 0] + 1j * steps[:, 1], np.complex128)


def _wrapped(turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turns in -0.5 .. 0.5."""
    return np.asarray((turns + 0.5) % 1.0 - 0.5, np.float64)
