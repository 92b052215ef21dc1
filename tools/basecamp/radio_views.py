"""What came by radio, as plain records for the page and the JSON."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from edge.health.clock_bounds import Bounds
from edge.records import Heartbeat
from edge.sqlite import Row
from edge.times import from_epoch_ms
from edge.wire.air.beacon import Beacon, decode_beacon
from edge.wire.air.fragments import CropName
from edge.wire.air.heartbeat import RadioHeartbeat, decode_radio_heartbeat
from edge.wire.air.moment import resolved
from edge.wire.air.sighting import RadioSighting, decode_radio_sighting
from edge.wire.errors import WireError
from tools.basecamp.picture_views import Picture, pictures_of
from tools.basecamp.radio_clock import anchors_of, captured_between
from tools.basecamp.radio_crop_worth import BEST_PICTURE
from tools.basecamp.radio_crops import coming
from tools.basecamp.radio_wishes import Wish, state_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AskedPicture:
    """A sighting's best picture, where it was asked for over radio. So many ``pieces`` of it have
    come; ``of`` how many it has is 0 before the first."""

    wish: Wish
    pieces: int
    of: int


@dataclass(frozen=True, slots=True)
class RadioSightingView:
    """A sighting of which only the radio has told. ``captured_at`` is None where the station's
    clock was never set since it was switched on, and ``between`` bounds of it, None where that
    clock was set. ``pictures`` have come, whichever way."""

    station: str
    received_at: datetime
    captured_at: datetime | None
    sighting: RadioSighting
    received_bytes: int
    pictures: tuple[Picture, ...] = ()
    asked: AskedPicture | None = None
    between: Bounds | None = None

    @property
    def by_radio(self) -> bool:
        """True: what tells it from a view of a full record."""
        return True


@dataclass(frozen=True, slots=True)
class RadioHeartbeatView:
    """A heartbeat that came by radio. ``sent_at`` is when it came, where the clock was not set."""

    sent_at: datetime
    heartbeat: RadioHeartbeat

    def as_heartbeat(self, station: str) -> Heartbeat:
        """As if it had come over a wider link, with what the radio tells of it."""
        beat = self.heartbeat
        counters = [
            ("bursts", beat.bursts),
            ("blank_dropped", beat.blanks_dropped),
            ("blank_audited", beat.blanks_audited),
            ("errors", beat.errors),
        ]
        if beat.audit_misses is not None:
            counters.append(("audit_misses", beat.audit_misses))
        return Heartbeat(
            station=station,
            sent_at=self.sent_at,
            clock=beat.clock,
            uptime_s=beat.uptime_s,
            software=".".join(map(str, beat.software)),
            counters=tuple(counters),
            outbox_items=beat.outbox_items,
            unjudged_bursts=beat.unjudged_bursts,
            free_bytes=beat.free_bytes,
            alarms=beat.alarms,
            vitals=replace(beat.vitals, solar_mv=beat.solar_mv),
        )


@dataclass(frozen=True, slots=True)
class BeaconView:
    """That a station has news which did not fit the packet."""

    heard_at: datetime
    beacon: Beacon


def radio_sightings(connection: sqlite3.Connection, limit: int) -> list[RadioSightingView]:
    """Those without a full record, what arrived last first."""
    rows = connection.execute(
        "SELECT radio_sightings.station, spool, received_ms, record, size_bytes"
        " FROM radio_sightings JOIN items ON seq = item WHERE full_item IS NULL"
        " ORDER BY item DESC LIMIT ?",
        (limit,),
    ).fetchall()
    pieces = {station: coming(connection, station) for station in {row[0] for row in rows}}
    views = (_sighting_view(connection, row, pieces[row[0]]) for row in rows)
    return [view for view in views if view is not None]


def latest_heartbeat(connection: sqlite3.Connection, station: str) -> RadioHeartbeatView | None:
    """The one that was sent last."""
    row = connection.execute(
        "SELECT sent_ms, record FROM radio_heartbeats WHERE station = ?"
        " ORDER BY sent_ms DESC, item DESC LIMIT 1",
        (station,),
    ).fetchone()
    if row is None:
        return None
    try:
        return RadioHeartbeatView(from_epoch_ms(row[0]), decode_radio_heartbeat(row[1]))
    except WireError as error:
        log.warning("a stored record is not shown: %s", error)
        return None


def standing_beacon(connection: sqlite3.Connection, station: str) -> BeaconView | None:
    """The last beacon, unless a sighting came after it."""
    row = connection.execute(
        "SELECT heard_ms, content FROM radio_beacons WHERE station = ?1 AND NOT EXISTS ("
        "SELECT 1 FROM items WHERE station = ?1 AND received_ms > heard_ms"
        " AND kind IN ('sighting', 'radio sighting'))",
        (station,),
    ).fetchone()
    return None if row is None else BeaconView(from_epoch_ms(row[0]), decode_beacon(row[1]))


def _sighting_view(
    connection: sqlite3.Connection, row: Row, pieces: Mapping[CropName, tuple[int, int]]
) -> RadioSightingView | None:
    station, spool, received_ms, record, size_bytes = row
    try:
        sighting = decode_radio_sighting(record)
    except WireError as error:
        log.warning("a stored record is not shown: %s", error)
        return None
    made, received_at = (station, spool), from_epoch_ms(received_ms)
    return RadioSightingView(
        station=station,
        received_at=received_at,
        captured_at=resolved(sighting.moment, anchors_of(connection, *made, sighting.moment)),
        between=captured_between(connection, *made, sighting.moment, received_at),
        sighting=sighting,
        received_bytes=size_bytes + _crops_bytes(connection, station, sighting.reference),
        pictures=pictures_of(connection, station, sighting.reference),
        asked=_asked(connection, station, sighting.reference, pieces),
    )


def _crops_bytes(connection: sqlite3.Connection, station: str, reference: bytes) -> int:
    (size_bytes,) = connection.execute(
        "SELECT coalesce(sum(size_bytes), 0) FROM crops JOIN items ON seq = item"
        " WHERE crops.station = ? AND reference = ?",
        (station, reference),
    ).fetchone()
    return int(size_bytes)


def _asked(
    connection: sqlite3.Connection,
    station: str,
    reference: bytes,
    pieces: Mapping[CropName, tuple[int, int]],
) -> AskedPicture | None:
    name = CropName(reference, BEST_PICTURE)
    wish = state_of(connection, station, name)
    return None if wish is None else AskedPicture(wish, *pieces.get(name, (0, 0)))
