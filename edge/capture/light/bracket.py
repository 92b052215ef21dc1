"""One picture early in a burst by lamplight, exposed darker than the others.

Fur a metre from a lamp is white, and only a picture that came back white has the next one exposed
darker, by a step that is often too small: an animal that stays for two pictures is gone by then,
and one that comes with the second was not even seen. So the second picture is dark, whatever the
first shows. The first is as ever, for an animal far off, and for the others to be compared with.

A camera that is n pictures late gives the dark one n pictures later. It is told to go back as soon
as one more picture was taken, and not when the dark one has come: pictures come in the order in
which they were asked for, so one alone is dark.
"""

from __future__ import annotations

import numpy as np

from edge.capture.light.metering import (
    MOST_BURNT_FRAME,
    PERCENTILE,
    MeterTerms,
    Small,
    scaled,
    stops,
)
from edge.records import Exposure

NEAR_EV = 0.2
"""Cameras round what they are asked for."""
_WHITE = 0.9
"""Of full scale: what would be burnt, noise allowed for."""


def alike(one: Exposure, other: Exposure) -> bool:
    """Whether a camera that was told one may have given the other."""
    return abs(stops(one) - stops(other)) < NEAR_EV


class Bracket:
    """Of a burst whose pictures are exposed as ``base`` says: ``dark`` is for one of them.

    ``is_due``: it was asked for, and nothing else since. ``is_needed``: a coat was white without.
    ``came``: it was seen.
    """

    def __init__(self, base: Exposure, dark: Exposure, first: Small) -> None:
        self.base, self.dark = base, dark
        self._light = float(np.percentile(first.light, 25))
        self.is_due, self.is_needed = True, False
        self.came = False

    @classmethod
    def of(cls, base: Exposure, terms: MeterTerms, first: Small) -> Bracket | None:
        """None where there is to be none, or the camera tells nothing, or can go no darker."""
        ev = min(terms.bracket_ev, terms.most_darker_ev)
        dark = scaled(base, -ev, terms) if ev else None
        if dark is None or stops(dark) > stops(base) - NEAR_EV:
            return None
        return cls(base, dark, first)

    def is_told(self, exposure: Exposure) -> bool:
        """Whether a camera says so of a picture that it took darker."""
        return stops(exposure) < (stops(self.dark) + stops(self.base)) / 2

    def shows(self, picture: Small, exposure: Exposure) -> bool:
        """Whether ``picture`` is the dark one; it comes once. A driver that tells how it was told
        to expose, and not how it did, says so of one that is not."""
        darker = 2.0 ** ((stops(self.dark) - stops(self.base)) / 2)
        is_dark = float(np.percentile(picture.light, 25)) <= self._light * darker
        if self.came or not self.is_told(exposure) or not is_dark:
            return False
        self.came = True
        return True

    def whitened(self, picture: Small, exposure: Exposure, empty: Small | None) -> float | None:
        """The level, in the dark ``picture``, of what the others whiten, moved or not, where
        ``empty`` is not white as well; None where they whiten hardly anything."""
        white = picture.light >= _WHITE * 2.0 ** (stops(exposure) - stops(self.base))
        if empty is not None and empty.burnt.shape == white.shape:
            white &= ~empty.burnt
        if float(white.mean()) <= MOST_BURNT_FRAME:
            return None
        return float(np.percentile(picture.light[white], PERCENTILE))
