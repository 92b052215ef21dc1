"""Basecamp's end of the radio: each frame opened once, what it says stored exactly once.

A frame is opened with the replay windows that are stored; the new windows, and what the frame
brought, are one transaction. So a frame that comes again is refused after a crash, too, and no
frame is spent without its content being kept. Nothing here knows which network carried it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from nacl.signing import VerifyKey

from edge.records import ClockQuality
from edge.security.keys import BasecampKey, StationToken
from edge.security.radio_key import RadioKeys
from edge.times import to_epoch_ms
from edge.wire.air.beacon import Beacon
from edge.wire.air.channel import Opened, open_up
from edge.wire.air.heartbeat import RadioHeartbeat
from edge.wire.air.moment import Uptime, moment_code
from edge.wire.air.sighting import RadioSighting
from edge.wire.air.window import Seen
from edge.wire.errors import WireError
from tools.basecamp.content import Unreadable
from tools.basecamp.database import Database
from tools.basecamp.errors import NotEnrolled, StoreError
from tools.basecamp.radio_content import RadioRecord, read_radio, read_record
from tools.basecamp.radio_merge import full_record_of


@dataclass(frozen=True, slots=True)
class Heard:
    """An authentic frame that is dealt with. ``is_new`` is False where what it says was known."""

    keys: RadioKeys
    key_id: int
    record: RadioRecord
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A record on its way into the tables."""

    station: str
    spool: bytes
    record: RadioRecord
    received_ms: int


class RadioInbox:
    """Opens and stores frames of enrolled stations. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        key: BasecampKey,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._key = key
        self._now = now

    def take(self, station: str, data: bytes) -> Heard:
        """Open and store a frame of ``station``; durable when it returns.

        Raises FrameRefused, NotEnrolled, KeyFileError; StoreError when it could not be stored.
        """
        with self._database.transaction() as connection:
            keys = self._keys(connection, station)
            opened = open_up(data, keys, _seen(connection, keys))
            record = read_radio(opened)
            now_ms = to_epoch_ms(self._now())
            _save(connection, keys, opened, now_ms)
            arrival = _Arrival(station, _spool(keys, opened), record, now_ms)
            is_new = _file(connection, arrival, len(data))
            if record.sequence is not None:
                _number(connection, keys, opened.number.key_id, record.sequence)
        return Heard(keys, opened.number.key_id, record, is_new)

    def reread(self) -> int:
        """File what an earlier version could not read and this one can; how many records."""
        rows = self._database.read(
            "SELECT item, station, spool, received_ms, record"
            " FROM radio_unread JOIN items ON seq = item"
        )
        return sum(self._refile(*row) for row in rows)

    def _refile(self, item: int, station: str, spool: bytes, received_ms: int, data: bytes) -> bool:
        try:
            content = read_record(data)
        except WireError:
            return False
        record = RadioRecord(content, None, data)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM radio_unread WHERE item = ?", (item,))
            renamed = connection.execute(
                "UPDATE OR IGNORE items SET kind = ?, item_id = ? WHERE seq = ?",
                (record.kind, record.item_id, item),
            )
            if renamed.rowcount:
                _insert(connection, item, _Arrival(station, spool, record, received_ms))
            else:  # the station has sent it again since this version runs
                connection.execute("DELETE FROM items WHERE seq = ?", (item,))
        return True

    def _keys(self, connection: sqlite3.Connection, station: str) -> RadioKeys:
        row = connection.execute(
            "SELECT verify_key FROM stations WHERE id = ?", (station,)
        ).fetchone()
        if row is None:
            raise NotEnrolled(f"station {station} is not enrolled")
        return RadioKeys.of_basecamp(station, StationToken(VerifyKey(row[0])), self._key)


def _seen(connection: sqlite3.Connection, keys: RadioKeys) -> Seen:
    row = connection.execute(
        "SELECT seen FROM radio_channels WHERE station = ? AND fingerprint = ?",
        (keys.station, keys.fingerprint),
    ).fetchone()
    try:
        return Seen() if row is None else Seen.from_bytes(row[0])
    except WireError as error:
        # To go on without them would take recorded frames for news.
        raise StoreError(f"{keys.station}: {error}; restore basecamp's backup") from error


def _save(connection: sqlite3.Connection, keys: RadioKeys, opened: Opened, now_ms: int) -> None:
    connection.execute(
        "INSERT INTO radio_channels VALUES (?, ?, ?, -1)"
        " ON CONFLICT (station, fingerprint) DO UPDATE SET seen = excluded.seen",
        (keys.station, keys.fingerprint, opened.seen.to_bytes()),
    )
    connection.execute("UPDATE stations SET last_seen_ms = ? WHERE id = ?", (now_ms, keys.station))


def _number(connection: sqlite3.Connection, keys: RadioKeys, key_id: int, sequence: int) -> None:
    """Note what is to be acknowledged; again, where the station sends it again."""
    connection.execute(
        "INSERT OR REPLACE INTO radio_numbers (station, fingerprint, key_id, sequence)"
        " VALUES (?, ?, ?, ?)",
        (keys.station, keys.fingerprint, key_id, sequence),
    )


def _spool(keys: RadioKeys, opened: Opened) -> bytes:
    """A name for the spool whose frame this is: no two spools share a key id. What a station
    counts, like its switchings-on, may begin anew with its spool."""
    return keys.fingerprint + bytes((opened.number.key_id,))


def _file(connection: sqlite3.Connection, arrival: _Arrival, size_bytes: int) -> bool:
    """Keep what the record says; False where it was known, or nobody asked for it."""
    station, record, now_ms = arrival.station, arrival.record, arrival.received_ms
    match record.content:
        case Beacon():
            connection.execute(
                "INSERT OR REPLACE INTO radio_beacons VALUES (?, ?, ?)",
                (station, now_ms, record.record),
            )
            return True
        case RadioSighting() as sighting if full_record_of(connection, station, sighting):
            return False
        case RadioSighting() | RadioHeartbeat() | Unreadable():
            cursor = connection.execute(
                "INSERT INTO items (station, item_id, kind, received_ms, size_bytes)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (station, item_id) DO NOTHING",
                (station, record.item_id, record.kind, now_ms, size_bytes),
            )
            if not cursor.rowcount or cursor.lastrowid is None:
                return False
            _insert(connection, cursor.lastrowid, arrival)
            return True
        case _:
            return False


def _insert(connection: sqlite3.Connection, item: int, arrival: _Arrival) -> None:
    station, spool, data = arrival.station, arrival.spool, arrival.record.record
    match arrival.record.content:
        case RadioSighting(reference=reference, moment=moment) as sighting:
            by_uptime = isinstance(moment, Uptime)
            full_item = full_record_of(connection, station, sighting)
            connection.execute(
                "INSERT INTO radio_sightings VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (item, station, reference, by_uptime, moment_code(moment), spool, data, full_item),
            )
        case RadioHeartbeat(sent_at=sent_at, clock=clock, boot=boot, uptime_s=uptime_s):
            is_set = clock is not ClockQuality.UNSET
            sent_ms = to_epoch_ms(sent_at) if is_set else arrival.received_ms
            connection.execute(
                "INSERT INTO radio_heartbeats VALUES (?, ?, ?, ?, ?, ?, ?)",
                (item, station, sent_ms, spool, boot, uptime_s if is_set else None, data),
            )
        case Unreadable(reason=reason):
            connection.execute(
                "INSERT INTO radio_unread VALUES (?, ?, ?, ?)", (item, reason, spool, data)
            )
