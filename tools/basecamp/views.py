"""The store's reading side: what the page and the JSON say, as plain records."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from edge.health.clock_bounds import Bounds
from edge.records import ClockQuality, CropRef, Heartbeat, Sighting
from edge.sqlite import Row
from edge.times import from_epoch_ms
from edge.wire.air.reference import reference_of
from edge.wire.errors import WireError
from edge.wire.heartbeat import decode_heartbeat
from edge.wire.sighting import decode_sighting
from tools.basecamp.clock_views import Beat, captured_between
from tools.basecamp.database import Database
from tools.basecamp.picture_views import Picture, frames_of, pictures_of
from tools.basecamp.radio_views import (
    BeaconView,
    RadioHeartbeatView,
    RadioSightingView,
    latest_heartbeat,
    radio_sightings,
    standing_beacon,
)

log = logging.getLogger(__name__)

_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class SightingView:
    """A sighting with the pictures that have arrived and those still on their way.

    ``radio_at`` is when the radio told of it, before this record came; None where it did not.
    ``between`` are bounds of its time where the station's clock was not set, else None.
    """

    received_at: datetime
    sighting: Sighting
    pictures: tuple[Picture, ...]
    awaited: tuple[CropRef, ...]
    received_bytes: int
    radio_at: datetime | None = None
    between: Bounds | None = None

    @property
    def by_radio(self) -> bool:
        """False: what tells it from a view of a radio record."""
        return False


@dataclass(frozen=True, slots=True)
class StationView:
    """One enrolled station. ``counts`` are items received, by kind.

    ``radio`` is the last heartbeat where it came by radio, and ``heartbeat`` what that tells.
    """

    station: str
    enrolled_at: datetime
    last_seen: datetime | None
    heartbeat: Heartbeat | None
    counts: tuple[tuple[str, int], ...]
    received_bytes: int
    early_crops: int
    radio: RadioHeartbeatView | None = None
    beacon: BeaconView | None = None


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A whole burst that its station could not judge."""

    station: str
    burst_id: str
    captured_at: datetime
    received_at: datetime
    frames: tuple[Picture, ...]
    received_bytes: int


@dataclass(frozen=True, slots=True)
class UnreadItem:
    """An item that is kept but not understood."""

    station: str
    kind: str
    reason: str
    received_at: datetime
    received_bytes: int


class Views:
    """Queries over the store. Lists begin with what arrived last."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sightings(self, limit: int) -> list[SightingView]:
        """Those whose full record has come."""
        with self._database.snapshot() as connection:
            return _full_sightings(connection, limit)

    def news(self, limit: int) -> list[SightingView | RadioSightingView]:
        """Every sighting once, whichever way it came."""
        views: list[SightingView | RadioSightingView] = []
        with self._database.snapshot() as connection:
            views += _full_sightings(connection, limit)
            views += radio_sightings(connection, limit)
        return sorted(views, key=lambda view: view.received_at, reverse=True)[:limit]

    def sighting_count(self) -> int:
        """How many there are, whichever way they came."""
        (by_radio,) = self._database.read(
            "SELECT count(*) FROM radio_sightings WHERE full_item IS NULL"
        )[0]
        return self.count("sighting") + int(by_radio)

    def stations(self) -> list[StationView]:
        with self._database.snapshot() as connection:
            rows = connection.execute(
                "SELECT id, enrolled_ms, last_seen_ms FROM stations ORDER BY id"
            ).fetchall()
            return [_station_view(connection, row) for row in rows]

    def heartbeats(self) -> Iterator[list[Beat]]:
        """Of each station, all that can be read, in the order in which they came: a station's clock
        may fall back by years."""
        for (station,) in self._database.read(
            "SELECT DISTINCT station FROM heartbeats ORDER BY station"
        ):
            rows = self._database.read(
                "SELECT payload, received_ms FROM heartbeats JOIN items ON seq = item"
                " WHERE heartbeats.station = ? ORDER BY item",
                (station,),
            )
            yield [
                Beat(heartbeat, from_epoch_ms(received_ms))
                for payload, received_ms in rows
                if (heartbeat := _decoded(decode_heartbeat, payload)) is not None
            ]

    def evidence(self, limit: int) -> list[EvidenceView]:
        with self._database.snapshot() as connection:
            rows = connection.execute(
                "SELECT item, evidence.station, burst_id, captured_ms, received_ms, size_bytes"
                " FROM evidence JOIN items ON seq = item ORDER BY item DESC LIMIT ?",
                (limit,),
            ).fetchall()
            return [_evidence_view(connection, row) for row in rows]

    def unread(self, limit: int) -> list[UnreadItem]:
        rows = self._database.read(
            "SELECT station, kind, reason, received_ms, size_bytes FROM items"
            " JOIN (SELECT item, reason FROM quarantine"
            " UNION ALL SELECT item, reason FROM radio_unread) ON seq = item"
            " ORDER BY seq DESC LIMIT ?",
            (limit,),
        )
        return [
            UnreadItem(station, kind, reason, from_epoch_ms(received_ms), size_bytes)
            for station, kind, reason, received_ms, size_bytes in rows
        ]

    def count(self, kind: str) -> int:
        """How many items of this kind were received, the unread ones not counted."""
        rows = self._database.read(
            "SELECT count(*) FROM items WHERE kind = ?"
            " AND seq NOT IN (SELECT item FROM quarantine)",
            (kind,),
        )
        return int(rows[0][0])


def _full_sightings(connection: sqlite3.Connection, limit: int) -> list[SightingView]:
    rows = connection.execute(
        "SELECT item, received_ms, payload, (SELECT min(received_ms) FROM radio_sightings"
        " JOIN items ON seq = radio_sightings.item WHERE full_item = sightings.item)"
        " FROM sightings JOIN items ON seq = item ORDER BY item DESC LIMIT ?",
        (limit,),
    ).fetchall()
    views = (_sighting_view(connection, row) for row in rows)
    return [view for view in views if view is not None]


def _sighting_view(connection: sqlite3.Connection, row: Row) -> SightingView | None:
    item, received_ms, payload, radio_ms = row
    sighting = _decoded(decode_sighting, payload)
    if sighting is None:
        return None
    of_burst = (sighting.station, sighting.burst_id)
    (received_bytes,) = connection.execute(
        "SELECT sum(size_bytes) FROM items WHERE seq IN ("
        "SELECT item FROM sightings WHERE station = ?1 AND burst_id = ?2 UNION"
        " SELECT item FROM crops WHERE station = ?1 AND burst_id = ?2 UNION"
        " SELECT radio_sightings.item FROM radio_sightings JOIN sightings"
        " ON full_item = sightings.item"
        " WHERE sightings.station = ?1 AND sightings.burst_id = ?2)",
        of_burst,
    ).fetchone()
    reference = reference_of(sighting.burst_id)
    pictures = pictures_of(connection, sighting.station, reference, sighting.burst_id)
    arrived = {picture.sha256 for picture in pictures}
    return SightingView(
        received_at=from_epoch_ms(received_ms),
        sighting=sighting,
        pictures=pictures,
        awaited=tuple(ref for ref in sighting.crops if ref.sha256.hex() not in arrived),
        received_bytes=received_bytes,
        radio_at=None if radio_ms is None else from_epoch_ms(radio_ms),
        between=captured_between(connection, item, sighting, from_epoch_ms(received_ms)),
    )


def _decoded(decode: Callable[[bytes], _Record], payload: bytes) -> _Record | None:
    """A stored record, or None where this version is stricter than the one that took it.

    One old row must not hide all the others.
    """
    try:
        return decode(payload)
    except WireError as error:
        log.warning("a stored record is not shown: %s", error)
        return None


def _station_view(connection: sqlite3.Connection, row: Row) -> StationView:
    station, enrolled_ms, last_seen_ms = row
    kinds = connection.execute(
        "SELECT kind, count(*), sum(size_bytes) FROM items WHERE station = ?"
        " GROUP BY kind ORDER BY kind",
        (station,),
    ).fetchall()
    (early_crops,) = connection.execute(
        "SELECT count(*) FROM crops WHERE station = ?1"
        " AND burst_id NOT IN (SELECT burst_id FROM sightings WHERE station = ?1)"
        " AND reference NOT IN (SELECT reference FROM radio_sightings WHERE station = ?1)",
        (station,),
    ).fetchone()
    heartbeat = _latest_heartbeat(connection, station)
    radio = latest_heartbeat(connection, station)
    if radio is not None and (heartbeat is None or radio.sent_at > heartbeat.sent_at):
        heartbeat = radio.as_heartbeat(station)
    else:
        radio = None
    return StationView(
        station=station,
        enrolled_at=from_epoch_ms(enrolled_ms),
        last_seen=None if last_seen_ms is None else from_epoch_ms(last_seen_ms),
        heartbeat=heartbeat,
        counts=tuple((kind, count) for kind, count, _ in kinds),
        received_bytes=sum(size for _, _, size in kinds),
        early_crops=early_crops,
        radio=radio,
        beacon=standing_beacon(connection, station),
    )


def _latest_heartbeat(connection: sqlite3.Connection, station: str) -> Heartbeat | None:
    """The one that was sent last; where its clock was not set, that came last. One from the future
    was sent by a clock that was wrong, and would be the latest for years."""
    last = connection.execute(
        "SELECT payload FROM heartbeats WHERE item ="
        " (SELECT max(item) FROM heartbeats WHERE station = ?)",
        (station,),
    ).fetchone()
    arrived = None if last is None else _decoded(decode_heartbeat, last[0])
    if arrived is not None and arrived.clock is ClockQuality.UNSET:
        return arrived
    sent = connection.execute(
        "SELECT payload FROM heartbeats WHERE station = ?"
        " AND sent_ms < 1000 * strftime('%s', 'now', '+1 day')"
        " ORDER BY sent_ms DESC, item DESC LIMIT 1",
        (station,),
    ).fetchone()
    return arrived if sent is None else _decoded(decode_heartbeat, sent[0])


def _evidence_view(connection: sqlite3.Connection, row: Row) -> EvidenceView:
    item, station, burst_id, captured_ms, received_ms, received_bytes = row
    return EvidenceView(
        station=station,
        burst_id=burst_id,
        captured_at=from_epoch_ms(captured_ms),
        received_at=from_epoch_ms(received_ms),
        frames=frames_of(connection, item),
        received_bytes=received_bytes,
    )
