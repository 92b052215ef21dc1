"""One sighting, whichever way it came: radio records and full records of the same burst.

The full record takes the place of the radio record, and a radio record that comes after it adds
nothing (docs/wire-format.md).
"""

from __future__ import annotations

import sqlite3

from edge.records import Sighting
from edge.times import from_epoch_ms
from edge.wire.air.moment import moment_of
from edge.wire.air.reference import is_of_burst, reference_of
from edge.wire.air.sighting import RadioSighting


def insert_full(
    connection: sqlite3.Connection, item: int, sighting: Sighting, captured_ms: int, payload: bytes
) -> None:
    """File a full sighting; a radio record of the same burst is from now on a part of it."""
    reference = reference_of(sighting.burst_id)
    connection.execute(
        "INSERT INTO sightings (item, station, burst_id, captured_ms, payload, reference)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (item, sighting.station, sighting.burst_id, captured_ms, payload, reference),
    )
    candidates = connection.execute(
        "SELECT item, moment, by_uptime FROM radio_sightings"
        " WHERE station = ? AND reference = ? AND full_item IS NULL",
        (sighting.station, reference),
    ).fetchall()
    captured_at = from_epoch_ms(captured_ms)
    for radio_item, code, by_uptime in candidates:
        moment = moment_of(code, bool(by_uptime))
        if is_of_burst(reference, moment, sighting.burst_id, captured_at):
            connection.execute(
                "UPDATE radio_sightings SET full_item = ? WHERE item = ?", (item, radio_item)
            )


def full_record_of(
    connection: sqlite3.Connection, station: str, sighting: RadioSighting
) -> int | None:
    """The item of the full sighting that tells of the same burst, if it has come."""
    candidates = connection.execute(
        "SELECT item, burst_id, captured_ms FROM sightings WHERE station = ? AND reference = ?",
        (station, sighting.reference),
    ).fetchall()
    for item, burst_id, captured_ms in candidates:
        captured_at = from_epoch_ms(captured_ms)
        if is_of_burst(sighting.reference, sighting.moment, burst_id, captured_at):
            return int(item)
    return None


def is_burst(connection: sqlite3.Connection, station: str, reference: bytes) -> bool:
    """Whether any sighting of the station tells of a burst with this reference."""
    row = connection.execute(
        "SELECT 1 FROM radio_sightings WHERE station = ?1 AND reference = ?2"
        " UNION ALL SELECT 1 FROM sightings WHERE station = ?1 AND reference = ?2 LIMIT 1",
        (station, reference),
    ).fetchone()
    return row is not None
