"""What a station gives up as its energy falls, and what it has back as that rises.

First its crops, then its data-rate ambition (the full record of each sighting; the short news
remains), then second looks. Never the motion sensor: a ``Policy`` has no word for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge.health.power import PowerOutlook

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Policy:
    """What a station affords. Of three, the later never goes before the earlier."""

    crops: bool = True
    full_records: bool = True
    second_looks: bool = True


LADDER = (
    Policy(),
    Policy(crops=False),
    Policy(crops=False, full_records=False),
    Policy(crops=False, full_records=False, second_looks=False),
)
"""All there are, from everything to the least."""


@dataclass(frozen=True, slots=True)
class Need:
    """What must be left for something to be afforded, all three of it: ``fill`` of what the battery
    holds above its floor, so many ``nights`` without sun, and ``days`` at the balance of load and
    harvest."""

    fill: float
    nights: float
    days: float

    def times(self, factor: float) -> Need:
        return Need(self.fill * factor, self.nights * factor, self.days * factor)


SECOND_LOOKS = Need(fill=0.1, nights=1.0, days=3.0)
"""Three days: sun is expected from the last three (``power_sun.LATELY_DAYS``)."""
FULL_RECORDS = Need(fill=0.2, nights=1.5, days=7.0)
CROPS = Need(fill=0.3, nights=2.0, days=14.0)
"""Two weeks of bad weather are bridged without a loss of news. Each need is above the one before in
all three numbers, which is what keeps the order."""
FULL = 0.8
"""From this fill on nothing is given up: what a nearly full battery saves, the next sun has no room
for, and a station that was just put up, which has seen no sun, shows all that it can."""
BACK = 1.5
"""What was given up is back only once its need is met so many times: having given it up lightens
the load, and that alone must not bring it back."""
FULL_BACK = 0.9


@dataclass(frozen=True, slots=True)
class Means:
    """A battery in the terms of a ``Need``; infinite where nothing is used up."""

    fill: float
    nights: float
    days: float

    def meet(self, need: Need) -> bool:
        return self.fill >= need.fill and self.nights >= need.nights and self.days >= need.days


def means(outlook: PowerOutlook) -> Means:
    """What the battery holds above its floor, as a share, in nights and in days."""
    left_j = max(0.0, outlook.battery_j - outlook.floor_j)
    room_j = outlook.capacity_j - outlook.floor_j
    return Means(
        fill=left_j / room_j if room_j > 0 else 0.0,
        nights=_ratio(left_j, outlook.load_w * outlook.until_sun_s),
        days=days_left(outlook),
    )


def days_left(outlook: PowerOutlook) -> float:
    """Days until the battery is down to its floor, if each draws and brings what is expected of the
    next; infinite where the sun brings as much as is drawn."""
    left_j = max(0.0, outlook.battery_j - outlook.floor_j)
    return _ratio(left_j, outlook.load_w * DAY_S - outlook.harvest_j)


def decide(outlook: PowerOutlook | None, before: Policy = LADDER[0]) -> Policy:
    """What is afforded now, where ``before`` was so far.

    On mains, or where nothing is known of the battery, everything is: a broken wire must not
    silence a station. For the same ``before``, a fuller battery, a sunnier day, a lighter load or a
    shorter night never takes anything away.
    """
    if outlook is None:
        return LADDER[0]
    found = means(outlook)
    return Policy(
        crops=_affords(found, CROPS, before.crops),
        full_records=_affords(found, FULL_RECORDS, before.full_records),
        second_looks=_affords(found, SECOND_LOOKS, before.second_looks),
    )


def _affords(found: Means, need: Need, had: bool) -> bool:
    if had:
        return found.fill >= FULL or found.meet(need)
    return found.fill >= FULL_BACK or found.meet(need.times(BACK))


def _ratio(left_j: float, drawn_j: float) -> float:
    return left_j / drawn_j if drawn_j > 0 else math.inf
