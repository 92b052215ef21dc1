"""What the radios may use of the battery until the sun is back."""

from __future__ import annotations

from dataclasses import dataclass

from edge.uplink.schedule.situation import Budget, Resource
from edge.uplink.schedule.values import DAY_S, ValueClass

NAME = "energy"


LEAST_RESERVE = 0.2
MOST_RESERVE = 0.98
"""Of what is above the floor. A frame of LoRa takes as much as the station itself in two seconds:
two percent of a nearly empty battery still send hundreds of them, and hardly a cellular session."""
_LOOK_AGAIN_S = 3600.0

PICTURES = frozenset({ValueClass.BEST_CROP, ValueClass.CROP, ValueClass.UNJUDGED, ValueClass.AUDIT})
"""What waits where a battery affords no crops: these, and whole evidence files, which take more."""
RECORDS = frozenset({ValueClass.RECORD})
"""What waits where it affords no full records: the whole of what basecamp has in short. News that
it has in no form never waits for it."""


@dataclass(frozen=True, slots=True)
class Power:
    """The battery and what is expected of the sun.

    ``battery_j`` of ``capacity_j`` are in it, and ``floor_j`` must stay in it. ``load_w`` is what
    the station draws without its radios, ``until_sun_s`` how long it must live on the battery
    alone, and ``harvest_j`` what the sun is expected to bring on a day: what it brought lately.
    What is ``spared`` waits, whatever is in it: the station's policy says so.
    """

    battery_j: float
    capacity_j: float
    floor_j: float
    load_w: float
    until_sun_s: float
    harvest_j: float
    spared: frozenset[ValueClass] = frozenset()

    @property
    def needed_j(self) -> float:
        """What the station itself takes until the sun is back, and then in a day more than that
        brings: a station that lives on its battery for weeks must not talk it away."""
        missing_j = max(0.0, self.load_w * DAY_S - self.harvest_j)
        return self.load_w * self.until_sun_s + missing_j


def spared(crops: bool, full_records: bool) -> frozenset[ValueClass]:
    """What waits, where ``crops`` and ``full_records`` are afforded or not."""
    return (frozenset() if crops else PICTURES) | (frozenset() if full_records else RECORDS)


def energy_budget(power: Power) -> Budget:
    """The joules that transmissions may take now, as a budget of the day.

    Alerts may take all that is above the floor; all else leaves what the station itself needs, but
    for the little that changes nothing.
    """
    left_j = max(0.0, power.battery_j - power.floor_j)
    return Budget(
        NAME,
        Resource.ENERGY,
        limit=max(left_j, power.capacity_j - power.floor_j),
        left=left_j,
        window_s=DAY_S,
        reserve=min(max(power.needed_j, LEAST_RESERVE * left_j), MOST_RESERVE * left_j),
        refill_in_s=min(max(60.0, power.until_sun_s), _LOOK_AGAIN_S),
    )
