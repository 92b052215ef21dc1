"""From a radio record to rows of basecamp's tables, each record once."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from edge.records import ClockQuality
from edge.times import to_epoch_ms
from edge.wire.air.beacon import Beacon
from edge.wire.air.fragments import CropName
from edge.wire.air.heartbeat import RadioHeartbeat
from edge.wire.air.moment import Uptime, moment_code
from edge.wire.air.sighting import RadioSighting
from tools.basecamp.content import Unreadable
from tools.basecamp.radio_content import RadioRecord
from tools.basecamp.radio_crop_worth import BEST_PICTURE, worth_of
from tools.basecamp.radio_merge import full_record_of
from tools.basecamp.radio_wishes import wish


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record on its way into the tables.

    ``spool`` names the spool that made it, ``size_bytes`` is what it took of its frame.
    """

    station: str
    spool: bytes
    record: RadioRecord
    received_ms: int
    size_bytes: int


def file_record(connection: sqlite3.Connection, arrival: Arrival) -> bool:
    """Keep what the record says; False where it was known. Not for fragments."""
    record = arrival.record
    match record.content:
        case Beacon():
            connection.execute(
                "INSERT OR REPLACE INTO radio_beacons VALUES (?, ?, ?)",
                (arrival.station, arrival.received_ms, record.record),
            )
            return True
        case RadioSighting() as sighting if full_record_of(connection, arrival.station, sighting):
            return False
    cursor = connection.execute(
        "INSERT INTO items (station, item_id, kind, received_ms, size_bytes)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (station, item_id) DO NOTHING",
        (arrival.station, record.item_id, record.kind, arrival.received_ms, arrival.size_bytes),
    )
    if not cursor.rowcount or cursor.lastrowid is None:
        return False
    _insert(connection, cursor.lastrowid, arrival)
    return True


def _insert(connection: sqlite3.Connection, item: int, arrival: Arrival) -> None:
    spool, data = arrival.spool, arrival.record.record
    match arrival.record.content:
        case RadioSighting() as sighting:
            _insert_sighting(connection, item, arrival, sighting)
        case RadioHeartbeat(sent_at=sent_at, clock=clock, boot=boot, uptime_s=uptime_s):
            is_set = clock is not ClockQuality.UNSET
            sent_ms = to_epoch_ms(sent_at) if is_set else arrival.received_ms
            connection.execute(
                "INSERT INTO radio_heartbeats VALUES (?, ?, ?, ?, ?, ?, ?)",
                (item, arrival.station, sent_ms, spool, boot, uptime_s if is_set else None, data),
            )
        case Unreadable(reason=reason):
            connection.execute(
                "INSERT INTO radio_unread VALUES (?, ?, ?, ?)", (item, reason, spool, data)
            )


def _insert_sighting(
    connection: sqlite3.Connection, item: int, arrival: Arrival, sighting: RadioSighting
) -> None:
    station, moment = arrival.station, sighting.moment
    connection.execute(
        "INSERT INTO radio_sightings"
        " (item, station, reference, by_uptime, moment, spool, record)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            item,
            station,
            sighting.reference,
            isinstance(moment, Uptime),
            moment_code(moment),
            arrival.spool,
            arrival.record.record,
        ),
    )
    worth = worth_of(sighting)
    if worth is not None:
        wish(connection, station, CropName(sighting.reference, BEST_PICTURE), worth)
