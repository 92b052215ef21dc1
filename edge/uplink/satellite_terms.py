"""On what terms a link of costly messages is used."""

from __future__ import annotations

from dataclasses import dataclass

from edge.uplink.schedule.situation import Budget, Resource
from edge.uplink.schedule.values import DAY_S
from edge.uplink.schedule.windows import Window
from edge.wire.air.pack import SATELLITE_BYTES

_ALERTS_SHARE = 5
_PRICED_AS = 24.0


@dataclass(frozen=True, slots=True)
class SatelliteTerms:
    """``hold_s``: how long news wait for company; ``pause_s``: the least time between messages that
    hold no alert; ``most_bytes``: the longest message; ``day_messages``: the most in a day, a fifth
    of them (whole ones) for alerts alone, 0: no limit; ``heartbeat_s``: how often the station says
    how it is, 0: never. ``name`` is what the link is called."""

    hold_s: float = 6 * 3600.0
    pause_s: float = 3600.0
    most_bytes: int = SATELLITE_BYTES
    day_messages: int = 0
    heartbeat_s: float = DAY_S
    name: str = "satellite"

    def windows(self) -> tuple[Window, ...]:
        """The messages of a day, as a budget that is used up."""
        if not self.day_messages:
            return ()
        kept = self.day_messages // _ALERTS_SHARE
        name = f"{self.name} messages"
        return (Window(name, Resource.MESSAGES, self.day_messages, DAY_S, kept),)

    def price(self) -> tuple[Budget, ...]:
        """Without a limit a message must still have its price, or the scheduler would take it for
        free, and leave a broker or LoRaWAN alone for its sake."""
        if self.day_messages:
            return ()
        name = "price alone, no limit"
        return (Budget(name, Resource.MESSAGES, _PRICED_AS, _PRICED_AS, DAY_S),)
