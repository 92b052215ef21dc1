"""What of an outcome is told over a radio: one packet, before and beside the sighting itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from edge.records import ClockQuality, ItemKind, Sighting
from edge.spool.items import NewsItem, Priority
from edge.wire.air.moment import Uptime
from edge.wire.air.roster import Roster
from edge.wire.air.sighting import condensed, encode_radio_sighting
from edge.wire.message import item_id


@dataclass(frozen=True, slots=True)
class Telling:
    """How to put a sighting in a packet. ``uptime_of`` is the run, and its age when a clock of this
    quality said so, for a station whose clock was not set; None where it never did in this run.
    ``crop_bytes`` is the longest picture that is made for a radio, 0: none is."""

    uptime_of: Callable[[datetime, ClockQuality], Uptime | None]
    crop_bytes: int = 0

    def news(self, sighting: Sighting, individuals: Iterable[str] | None) -> NewsItem:
        """The news of one sighting, its number left open. ``individuals`` are those of the
        catalogue that was asked, None where there is none."""
        roster = None if individuals is None else Roster.of(individuals)
        uptime = self.uptime_of(sighting.captured_at, sighting.clock)
        record = encode_radio_sighting(condensed(sighting, 0, roster, uptime))
        priority = Priority.ALERT if sighting.people else Priority.SIGHTING
        return NewsItem(item_id(sighting.burst_id, ItemKind.SIGHTING, 0), priority, record)
