"""The exposure of a burst's next picture, from its pictures so far."""

from __future__ import annotations

import math

from edge.capture.light.metering import (
    MOST_BURNT,
    MOST_BURNT_FRAME,
    MeterTerms,
    Small,
    headroom_ev,
    moved,
    scaled,
    wanted_ev,
)
from edge.records import Exposure

_WORTH_EV, _WORTH_BRIGHTER_EV = 0.5, 1.0
"""Less than this is not worth a picture exposed otherwise: what is white is lost, what is dark only
noisier."""
_NEAR_EV = 0.2
"""Cameras round what they are asked for."""
_PATIENCE = 4
"""Pictures for which an exposure may be under way: a sensor's pipeline is three deep."""


class BurstMeter:
    """For one burst. ``background`` is the place in the same light without what moves; where it is
    None the burst's own first picture takes its place.

    ``lit`` says that a lamp beside the camera is the light. What is burnt out then stands near,
    moved or not.
    """

    def __init__(self, terms: MeterTerms, background: Small | None, lit: bool) -> None:
        self._terms, self._lit = terms, lit
        self._empty = background
        self._before = background
        self._first: Exposure | None = None
        self._asked: Exposure | None = None
        self._waited = 0
        self.burnt = 0
        """Pictures in which what moved was burnt out."""

    def next(self, picture: Small, exposure: Exposure) -> Exposure | None:
        """How to expose what follows ``picture``, which was exposed so; None: as it is."""
        burnt, ev = self._judged(picture)
        self._before = self._before or picture
        self._first = self._first or exposure
        self.burnt += burnt
        if not self._arrived(exposure):
            return None
        if burnt:
            ev = min(ev, -self._terms.step_ev)  # it is white: nobody knows how much too bright
        if -_WORTH_EV < ev < _WORTH_BRIGHTER_EV:
            return None
        asked = scaled(exposure, self._bounded(ev, exposure, self._first), self._terms)
        if asked is None or _alike(asked, exposure):
            return None
        self._asked, self._waited = asked, 0
        return asked

    def _judged(self, picture: Small) -> tuple[bool, float]:
        """Whether what moved is burnt out, and by how many stops it should be brighter."""
        found = None if self._before is None else moved(picture, self._before)
        burnt = found is not None and found.burnt > MOST_BURNT
        if self._lit:
            new = picture.burnt if self._empty is None else picture.burnt & ~self._empty.burnt
            burnt = burnt or float(new.mean()) > MOST_BURNT_FRAME
        ev = 0.0 if found is None else wanted_ev(found.level)
        return burnt, min(ev, headroom_ev(picture))

    def _bounded(self, ev: float, now: Exposure, first: Exposure) -> float:
        """``ev`` such that all of them together stay within the terms."""
        gone = _ev(now) - _ev(first)
        least, most = -self._terms.most_darker_ev, self._terms.most_brighter_ev
        return min(max(gone + ev, least), most) - gone

    def _arrived(self, exposure: Exposure) -> bool:
        """Whether pictures are exposed by now as they were asked to be, or never will."""
        if self._asked is None or _alike(self._asked, exposure):
            return True
        self._waited += 1
        return self._waited >= _PATIENCE


def _ev(exposure: Exposure) -> float:
    """Light let in, in stops above a microsecond at a gain of 1."""
    return math.log2((exposure.exposure_us or 1) * (exposure.analogue_gain or 1.0))


def _alike(one: Exposure, other: Exposure) -> bool:
    return abs(_ev(one) - _ev(other)) < _NEAR_EV
