"""Basecamp's end of the radio: each frame opened once, what it says stored exactly once.

A frame is opened with the replay windows that are stored; the new windows, and what the frame
brought, are one transaction. So a frame that comes again is refused after a crash, too, and no
frame is spent without its content being kept. Nothing here knows which network carried it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from nacl.signing import VerifyKey

from edge.security.keys import BasecampKey, StationToken
from edge.security.radio_key import RadioKeys
from edge.times import to_epoch_ms
from edge.wire.air.channel import Opened, open_up
from edge.wire.air.fragments import Fragment, NotHere
from edge.wire.air.heartbeat import RadioHeartbeat
from edge.wire.air.pack import LENGTH_BYTES
from edge.wire.air.window import Seen
from edge.wire.errors import WireError
from tools.basecamp.content import Unreadable
from tools.basecamp.database import Database
from tools.basecamp.errors import NotEnrolled, StoreError
from tools.basecamp.radio_answers import REPEATED
from tools.basecamp.radio_content import RadioRecord, read_radio, read_records
from tools.basecamp.radio_crops import CropNews, Progress, heartbeat_came, take_fragment
from tools.basecamp.radio_filing import Arrival, file_record
from tools.basecamp.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Filed:
    """A record that is dealt with. ``is_new`` is False where what it says was known, or nobody
    asked for it. ``crop`` is what a fragment did."""

    record: RadioRecord
    is_new: bool
    crop: CropNews | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """An authentic frame that is dealt with: one record, or those of a pack."""

    keys: RadioKeys
    key_id: int
    filed: tuple[Filed, ...]

    @property
    def record(self) -> RadioRecord:
        """The first; in most frames the only one."""
        return self.filed[0].record

    @property
    def is_new(self) -> bool:
        """Whether anything in it was news."""
        return any(one.is_new for one in self.filed)


class RadioInbox:
    """Opens and stores frames of enrolled stations. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        key: BasecampKey,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._key = key
        self._now = now

    def take(self, station: str, data: bytes) -> Heard:
        """Open and store a frame of ``station``; durable when it returns.

        Raises FrameRefused, NotEnrolled, KeyFileError; StoreError when it could not be stored.
        """
        with self._database.transaction() as connection:
            keys = self._keys(connection, station)
            opened = open_up(data, keys, _seen(connection, keys))
            now_ms = to_epoch_ms(self._now())
            _save(connection, keys, opened, now_ms)
            arrivals = [
                Arrival(station, _spool(keys, opened), record, now_ms, size_bytes)
                for record, size_bytes in _shares(read_radio(opened), len(data))
            ]
            filed = [self._file(connection, keys, arrival) for arrival in arrivals]
            for arrival in arrivals:
                _number(connection, keys, opened.number.key_id, arrival.record)
        return Heard(keys, opened.number.key_id, tuple(filed))

    def reread(self) -> int:
        """File what an earlier version could not read and this one can; how many items."""
        rows = self._database.read(
            "SELECT item, station, spool, received_ms, size_bytes, record"
            " FROM radio_unread JOIN items ON seq = item"
        )
        return sum(self._refile(*row) for row in rows)

    def _refile(
        self,
        item: int,
        station: str,
        spool: bytes,
        received_ms: int,
        size_bytes: int,
        data: bytes,
    ) -> bool:
        records = read_records(data)
        if len(records) == 1 and isinstance(records[0].content, Unreadable):
            return False
        with self._database.transaction() as connection:
            # A record that the station has sent again since this version runs is known.
            connection.execute("DELETE FROM radio_unread WHERE item = ?", (item,))
            connection.execute("DELETE FROM items WHERE seq = ?", (item,))
            for record, share_bytes in _shares(records, size_bytes):
                if not isinstance(record.content, Fragment | NotHere):
                    arrival = Arrival(station, spool, record, received_ms, share_bytes)
                    file_record(connection, arrival)
        return True

    def _file(self, connection: sqlite3.Connection, keys: RadioKeys, arrival: Arrival) -> Filed:
        match arrival.record.content:
            case (Fragment() | NotHere()) as fragment:
                crop = take_fragment(connection, keys, fragment, self._shelf, self._key)
                return Filed(arrival.record, crop.progress is not Progress.UNWANTED, crop)
            case RadioHeartbeat():
                heartbeat_came(connection, keys)
        return Filed(arrival.record, file_record(connection, arrival))

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


def _number(
    connection: sqlite3.Connection, keys: RadioKeys, key_id: int, record: RadioRecord
) -> None:
    """Note what is to be acknowledged; again, where the station sends it again."""
    if record.sequence is not None:
        awaited = not isinstance(record.content, RadioHeartbeat)
        connection.execute(
            "INSERT OR REPLACE INTO radio_numbers"
            " (station, fingerprint, key_id, sequence, awaited) VALUES (?, ?, ?, ?, ?)",
            (keys.station, keys.fingerprint, key_id, record.sequence, awaited),
        )
        # No answer names those before: what a station says for years is not to be sorted each time.
        connection.execute(
            "DELETE FROM radio_numbers WHERE heard IN (SELECT heard FROM radio_numbers"
            " WHERE station = ? AND fingerprint = ? AND key_id = ?"
            " ORDER BY heard DESC LIMIT -1 OFFSET ?)",
            (keys.station, keys.fingerprint, key_id, REPEATED),
        )


def _shares(records: Sequence[RadioRecord], size_bytes: int) -> Iterator[tuple[RadioRecord, int]]:
    """Each record with what it takes of a frame; the first bears what all have in common."""
    others = [len(record.record) + LENGTH_BYTES for record in records[1:]]
    yield records[0], size_bytes - sum(others)
    yield from zip(records[1:], others, strict=True)


def _spool(keys: RadioKeys, opened: Opened) -> bytes:
    """A name for the spool whose frame this is: no two spools share a key id. What a station
    counts, like its switchings-on, may begin anew with its spool."""
    return keys.fingerprint + bytes((opened.number.key_id,))
