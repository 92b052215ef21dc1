"""What an item is worth on the air.

Only ratios count. They are set so that, at the sizes items have in practice, a byte of a class is
worth more than a byte of every class below it, however old either is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from edge.spool.items import Priority

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S

_HASTE = 0.5
"""How much more a byte is worth at its deadline than at half the time to it."""


class ValueClass(IntEnum):
    """What an item means to basecamp; the most valuable byte first."""

    ALERT = 0
    """A person or a vehicle."""
    NEW_CAT = 1
    """A target that the catalogue does not name with confidence, or that no catalogue was asked
    about."""
    KNOWN_CAT = 2
    BEST_CROP = 3
    """Head or flank in the best frame."""
    RECORD = 4
    """The whole record of news that basecamp has in short already."""
    CROP = 5
    TELEMETRY = 6
    UNJUDGED = 7
    """An evidence file that the station could not judge."""
    AUDIT = 8
    """A blank, kept to count what is missed."""


@dataclass(frozen=True, slots=True)
class Worth:
    """``points`` when new. Their share above ``lasting`` halves every ``half_life_s``.

    ``due_s`` after the event it should be at basecamp; None: whenever.
    """

    points: float
    lasting: float = 1.0
    half_life_s: float = DAY_S
    due_s: float | None = None

    def at(self, age_s: float) -> float:
        """Points at that age: what is left of them, and up to half more as the deadline nears."""
        halved = math.exp2(-max(0.0, age_s) / self.half_life_s)
        share = self.lasting + (1 - self.lasting) * halved
        return self.points * share * (1 + _HASTE * self._haste(age_s))

    def _haste(self, age_s: float) -> float:
        """0 until half of the time is over, 1 at the deadline, 0 when it is too late to hurry."""
        if self.due_s is None or not self.due_s / 2 < age_s <= self.due_s:
            return 0.0
        return 2 * age_s / self.due_s - 1


WORTH = {
    ValueClass.ALERT: Worth(1_000_000, 0.5, 6 * HOUR_S, HOUR_S),
    ValueClass.NEW_CAT: Worth(100_000, 0.6, 7 * DAY_S, DAY_S),
    ValueClass.KNOWN_CAT: Worth(30_000, 0.6, 7 * DAY_S, 2 * DAY_S),
    ValueClass.BEST_CROP: Worth(60_000, 0.8, 30 * DAY_S),
    ValueClass.RECORD: Worth(6_000, 0.8, 30 * DAY_S),
    ValueClass.CROP: Worth(15_000, 0.8, 30 * DAY_S),
    ValueClass.TELEMETRY: Worth(60, 0.5, DAY_S, DAY_S),
    ValueClass.UNJUDGED: Worth(20_000),
    ValueClass.AUDIT: Worth(200),
}


_OF_PRIORITY = {
    Priority.ALERT: ValueClass.ALERT,
    Priority.HEARTBEAT: ValueClass.TELEMETRY,
    Priority.THUMBNAIL: ValueClass.BEST_CROP,
    Priority.CROP: ValueClass.CROP,
    Priority.EVIDENCE: ValueClass.UNJUDGED,
    Priority.AUDIT: ValueClass.AUDIT,
}


def value_class(priority: Priority, known: bool = False, told: bool = False) -> ValueClass:
    """The class of an item in the outbox.

    ``known``: the catalogue names the cat with confidence. ``told``: basecamp has the news already,
    over another link.
    """
    if told and priority in (Priority.ALERT, Priority.SIGHTING):
        return ValueClass.RECORD
    if priority is Priority.SIGHTING:
        return ValueClass.KNOWN_CAT if known else ValueClass.NEW_CAT
    return _OF_PRIORITY[priority]
