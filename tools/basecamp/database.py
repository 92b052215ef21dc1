"""Basecamp's SQLite file: schema, transactions, and what its errors mean.

WAL with ``synchronous=FULL``: a committed transaction survives a power cut, so an acknowledgement
sent after the commit is true. One connection serves all threads behind one lock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.sqlite import SharedConnection
from tools.basecamp.errors import StoreError
from tools.basecamp.radio_crops_schema import add_radio_crops
from tools.basecamp.radio_schema import add_radio

_SCHEMA = """
CREATE TABLE stations (
    id TEXT PRIMARY KEY,
    verify_key BLOB NOT NULL,
    enrolled_ms INTEGER NOT NULL,
    last_seen_ms INTEGER
) WITHOUT ROWID;

CREATE TABLE items (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    station TEXT NOT NULL REFERENCES stations,
    item_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,           -- on air, sealed
    UNIQUE (station, item_id)              -- exactly once
);
CREATE INDEX items_tally ON items (station, kind, size_bytes);

-- Payloads are kept as they came and decoded when read: a later version sees all that was sent.
CREATE TABLE sightings (
    item INTEGER PRIMARY KEY REFERENCES items,
    station TEXT NOT NULL,
    burst_id TEXT NOT NULL,
    captured_ms INTEGER NOT NULL,
    payload BLOB NOT NULL
);
CREATE INDEX sightings_burst ON sightings (station, burst_id);

CREATE TABLE heartbeats (
    item INTEGER PRIMARY KEY REFERENCES items,
    station TEXT NOT NULL,
    sent_ms INTEGER NOT NULL,
    payload BLOB NOT NULL
);
CREATE INDEX heartbeats_latest ON heartbeats (station, sent_ms);

CREATE TABLE media (
    sha256 TEXT PRIMARY KEY,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE crops (
    item INTEGER PRIMARY KEY REFERENCES items,
    station TEXT NOT NULL,
    burst_id TEXT NOT NULL,
    part TEXT NOT NULL,
    side TEXT NOT NULL,
    frame_index INTEGER NOT NULL,
    sha256 TEXT NOT NULL REFERENCES media
);
CREATE INDEX crops_burst ON crops (station, burst_id);

CREATE TABLE evidence (
    item INTEGER PRIMARY KEY REFERENCES items,
    station TEXT NOT NULL,
    burst_id TEXT NOT NULL,
    captured_ms INTEGER NOT NULL,
    sealed_sha256 TEXT NOT NULL
);

CREATE TABLE frames (
    item INTEGER NOT NULL REFERENCES evidence,
    frame_index INTEGER NOT NULL,
    captured_ms INTEGER NOT NULL,
    sha256 TEXT NOT NULL REFERENCES media,
    PRIMARY KEY (item, frame_index)
) WITHOUT ROWID;

CREATE TABLE quarantine (
    item INTEGER PRIMARY KEY REFERENCES items,
    reason TEXT NOT NULL,
    body BLOB NOT NULL                     -- the whole signed body
);
"""


def _make_tables(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)


_STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _make_tables,
    add_radio,
    add_radio_crops,
)
"""What makes each schema version of the one before."""
SCHEMA_VERSION = len(_STEPS)


class Database(SharedConnection):
    """Basecamp's state, safe to share between threads. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        super().__init__(_open(path), lambda error: StoreError(f"{path}: {error}"))

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Several reads that see one state. Raises StoreError."""
        with self._lock:
            try:
                self._connection.execute("BEGIN")
                yield self._connection
            except sqlite3.Error as error:
                raise self._explained(error) from error
            finally:
                self._roll_back()


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=30
        )
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        version = _make_schema(connection)
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path}: {error}") from error
    if version != SCHEMA_VERSION:
        connection.close()
        raise StoreError(
            f"{path}: written by another version of Irbis (schema {version}, this one knows"
            f" {SCHEMA_VERSION}); update Irbis or choose another --data folder"
        )
    return connection


def _make_schema(connection: sqlite3.Connection) -> int:
    """Bring the tables up to date; the schema version that the file has then."""
    connection.execute("BEGIN IMMEDIATE")  # two processes may open a new folder at once
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < SCHEMA_VERSION:
        for step in _STEPS[version:]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        version = SCHEMA_VERSION
    connection.execute("COMMIT")
    return int(version)
