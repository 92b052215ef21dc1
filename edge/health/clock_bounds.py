"""Between which two times something happened, of which a station knows run and uptime alone. Pure.

A clock that was wrong, or set, changes nothing of these: within one run of the machine seconds are
counted by a clock that nobody sets, and runs follow one another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.records import ClockQuality
from edge.wire.air.moment import Anchor, Uptime

MARGIN_S = {ClockQuality.GPS: 2.0, ClockQuality.NTP: 2.0, ClockQuality.RTC: 600.0}
"""How wrong a clock may be that says so of itself; a second of it is that uptimes are whole. Ten
minutes: a crystal that nobody corrects, 20 parts in a million off for a year."""
DRIFT = 100e-6
"""Of the machine's own counting of seconds."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Not before ``earliest``, not after ``latest`` (UTC); None where nothing is known."""

    earliest: datetime | None = None
    latest: datetime | None = None

    @property
    def ends(self) -> tuple[datetime | None, datetime | None]:
        """Both."""
        return self.earliest, self.latest

    def meet(self, other: Bounds) -> Bounds:
        """Where both hold; ``is_empty`` where they contradict each other."""
        earliest = [one for one in (self.earliest, other.earliest) if one is not None]
        latest = [one for one in (self.latest, other.latest) if one is not None]
        return Bounds(max(earliest, default=None), min(latest, default=None))

    @property
    def is_empty(self) -> bool:
        """Whether no time fits."""
        return self.earliest is not None and self.latest is not None and self.earliest > self.latest


@dataclass(frozen=True, slots=True)
class NotBefore:
    """That ``uptime`` was not before ``at``: basecamp's word, which may have come a long way."""

    uptime: Uptime
    at: datetime


def bounds(moment: Uptime, anchors: Iterable[Anchor], words: Iterable[NotBefore] = ()) -> Bounds:
    """When ``moment`` was, by the ``anchors`` of its own run and of those before and after it.

    What network and satellites tell comes first, and among these what lies nearest; a board's own
    clock, and basecamp's word, may narrow that down and are left aside where they contradict it.
    """
    known = [anchor for anchor in anchors if anchor.clock in MARGIN_S]
    trusted = [_told(moment, one) for one in _nearest_first(moment, known, network=True)]
    doubtful = [_told(moment, one) for one in _nearest_first(moment, known, network=False)]
    doubtful += [Bounds(earliest=_since(moment, one.uptime, one.at)) for one in words]
    found = Bounds()
    for one in (*trusted, *doubtful):
        narrowed = found.meet(one)
        found = found if narrowed.is_empty else narrowed
    return found


def _nearest_first(moment: Uptime, anchors: list[Anchor], network: bool) -> list[Anchor]:
    fitting = [one for one in anchors if (one.clock is not ClockQuality.RTC) is network]

    def distance(anchor: Anchor) -> tuple[int, int]:
        return abs(anchor.uptime.boot - moment.boot), abs(anchor.uptime.seconds - moment.seconds)

    return sorted(fitting, key=distance)


def _told(moment: Uptime, anchor: Anchor) -> Bounds:
    """What one anchor says of the moment."""
    margin = timedelta(seconds=MARGIN_S[anchor.clock])
    apart_s = moment.seconds - anchor.uptime.seconds
    if moment.boot == anchor.uptime.boot:
        drift = timedelta(seconds=DRIFT * abs(apart_s))
        at = anchor.at + timedelta(seconds=apart_s)
        return Bounds(at - margin - drift, at + margin + drift)
    if moment.boot > anchor.uptime.boot:
        return Bounds(earliest=_since(moment, anchor.uptime, anchor.at - margin))
    # The anchor's run began after the moment, and had gone on for so long.
    return Bounds(latest=anchor.at + margin - timedelta(seconds=anchor.uptime.seconds))


def _since(moment: Uptime, told: Uptime, at: datetime) -> datetime | None:
    """What is known of ``moment`` where ``told`` was not before ``at``."""
    if moment.boot == told.boot:
        return at + timedelta(seconds=moment.seconds - told.seconds)
    return at + timedelta(seconds=moment.seconds) if moment.boot > told.boot else None
