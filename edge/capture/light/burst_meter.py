"""The exposure of a burst's next picture, from its pictures so far."""

from __future__ import annotations

from dataclasses import replace

from edge.capture.camera.camera import UNKNOWN_EXPOSURE
from edge.capture.light.bracket import NEAR_EV, Bracket, alike
from edge.capture.light.metering import (
    MOST_BURNT,
    MOST_BURNT_FRAME,
    MeterTerms,
    Small,
    headroom_ev,
    moved,
    scaled,
    stops,
    wanted_ev,
)
from edge.records import Exposure

_WORTH_EV, _WORTH_BRIGHTER_EV = 0.5, 1.0
"""Less than this is not worth a picture exposed otherwise: what is white is lost, what is dark only
noisier."""
_PATIENCE = 4
"""Pictures for which an exposure may be under way: a sensor's pipeline is three deep."""


class BurstMeter:
    """For one burst. ``background`` is the place in the same light without what moves; where it is
    None the burst's own first picture takes its place.

    ``lit`` says that a lamp beside the camera is the light. What is burnt out then stands near,
    moved or not, and an early picture is dark in any case (edge.capture.light.bracket).
    ``under_way`` is how the camera was told to expose when the burst began; None where it meters
    for itself.
    """

    def __init__(
        self,
        terms: MeterTerms,
        background: Small | None,
        lit: bool,
        under_way: Exposure | None = None,
    ) -> None:
        self._terms, self._lit = terms, lit
        self._empty = background
        self._before = background
        self._first = self._asked = under_way
        self._leaves_it = under_way is None
        """Whether the camera meters for itself where nothing else is known."""
        self._waited = 0
        self._begun = False
        self._bracket: Bracket | None = None
        """By lamplight, until a coat was found for which the others are too bright."""
        self._tells_ahead = False
        """Whether the camera tells how it was told to expose, before a picture shows it: then one
        that is dark for the bracket's sake would be taken for a dark animal."""
        self.burnt = 0
        """Pictures in which what moved was burnt out."""
        self.darkened = False
        """Whether the dark picture was needed, and exposure stayed with it."""
        self.aside = False
        """Whether the last picture was dark for the bracket's sake alone: an exposure that is not
        to be remembered."""

    def next(self, picture: Small, exposure: Exposure) -> Exposure | None:
        """How to expose what follows ``picture``, which was exposed so; None: as it is; an unknown
        exposure: as the camera chooses."""
        burnt, ev = self._judged(picture)
        self._before = self._before or picture
        self._first = self._first or exposure
        self.burnt += burnt
        arrived = self._arrived(exposure)
        self.aside = self._lit and not arrived
        begins, self._begun = not self._begun, True
        if begins and self._lit:
            return self._opened(picture, exposure, burnt and arrived, ev, arrived)
        if self._bracket is None:
            return self._metered(exposure, burnt, ev, arrived)
        if self._bracket.shows(picture, exposure):
            return self._informed(self._bracket, picture, exposure, burnt, ev)
        return self._between(self._bracket, exposure, burnt, ev, arrived)

    def _opened(
        self, picture: Small, exposure: Exposure, burnt: bool, ev: float | None, arrived: bool
    ) -> Exposure | None:
        """After the first picture in lamplight."""
        bracket = None if self._first is None else Bracket.of(self._first, self._terms, picture)
        if bracket is None or (burnt and self._terms.step_ev > self._terms.bracket_ev):
            return self._metered(exposure, burnt, ev, arrived)
        bracket.is_needed = burnt
        self._bracket = bracket
        return self._ask(bracket.dark)

    def _informed(
        self,
        bracket: Bracket,
        picture: Small,
        exposure: Exposure,
        burnt: bool,
        ev: float | None,
    ) -> Exposure | None:
        """After the dark one: what shows in it is exposed for what it is, or nothing is done."""
        level = bracket.whitened(picture, exposure, self._empty)
        if level is not None:
            ev = wanted_ev(level) if ev is None else min(ev, wanted_ev(level))
        least_ev = stops(bracket.base) - _WORTH_EV - stops(exposure)
        if burnt or (ev is not None and ev <= least_ev):
            self._bracket, self.darkened = None, True
            return self._metered(exposure, burnt, ev, True) or self._ask(exposure)
        self.aside = True
        was_due, bracket.is_due = bracket.is_due, False
        return self._ask(bracket.base) if was_due else None

    def _between(
        self, bracket: Bracket, exposure: Exposure, burnt: bool, ev: float | None, arrived: bool
    ) -> Exposure | None:
        """After one before it, or after it."""
        self.aside |= bracket.is_told(exposure)
        self._tells_ahead |= bracket.is_told(exposure) and not bracket.came
        if bracket.is_due:
            bracket.is_needed |= burnt and stops(exposure) < stops(bracket.base) + NEAR_EV
            if bracket.is_needed and not arrived:
                return None
            bracket.is_due = False
            if not bracket.is_needed:
                return self._ask(bracket.base)
        asked = self._metered(exposure, burnt, ev, arrived)
        if asked is None and self._leaves_it:
            self._leaves_it, self._asked = False, None
            return UNKNOWN_EXPOSURE
        return asked

    def _metered(
        self, exposure: Exposure, burnt: bool, ev: float | None, arrived: bool
    ) -> Exposure | None:
        """How to expose for what was seen."""
        if not arrived or self._first is None:
            return None
        ev = 0.0 if ev is None else ev
        if self._tells_ahead:
            ev = min(ev, 0.0)
        if burnt:
            ev = min(ev, -self._terms.step_ev)  # it is white: nobody knows how much too bright
        if -_WORTH_EV < ev < _WORTH_BRIGHTER_EV:
            return None
        asked = scaled(exposure, self._bounded(ev, exposure, self._first), self._terms)
        if asked is None or alike(asked, exposure):
            return None
        self._leaves_it = False
        return self._ask(asked)

    def _ask(self, exposure: Exposure) -> Exposure:
        self._asked, self._waited = replace(exposure, infrared=None), 0
        return self._asked

    def _judged(self, picture: Small) -> tuple[bool, float | None]:
        """Whether what moved is burnt out, and by how many stops it should be brighter; None where
        nothing moved."""
        found = None if self._before is None else moved(picture, self._before)
        burnt = found is not None and found.burnt > MOST_BURNT
        if self._lit:
            new = picture.burnt if self._empty is None else picture.burnt & ~self._empty.burnt
            burnt = burnt or float(new.mean()) > MOST_BURNT_FRAME
        if found is None:
            return burnt, None
        return burnt, min(wanted_ev(found.level), headroom_ev(picture))

    def _bounded(self, ev: float, now: Exposure, first: Exposure) -> float:
        """``ev`` such that all of them together stay within the terms."""
        gone = stops(now) - stops(first)
        least, most = -self._terms.most_darker_ev, self._terms.most_brighter_ev
        return min(max(gone + ev, least), most) - gone

    def _arrived(self, exposure: Exposure) -> bool:
        """Whether pictures are exposed by now as they were asked to be, or never will."""
        if self._asked is None or alike(self._asked, exposure):
            return True
        self._waited += 1
        return self._waited >= _PATIENCE
