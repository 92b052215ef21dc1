"""What the radio adds to basecamp's tables."""

from __future__ import annotations

import sqlite3

from edge.wire.air.reference import reference_of

_SCHEMA = """
ALTER TABLE sightings ADD COLUMN reference BLOB;   -- of the burst, as radio records name it
CREATE INDEX sightings_reference ON sightings (station, reference);

CREATE TABLE radio_devices (
    dev_eui TEXT PRIMARY KEY,              -- 16 hexadecimal digits
    station TEXT NOT NULL REFERENCES stations
) WITHOUT ROWID;

-- A set of keys: a station that gets a new key begins anew.
CREATE TABLE radio_channels (
    station TEXT NOT NULL REFERENCES stations,
    fingerprint BLOB NOT NULL,
    seen BLOB NOT NULL,                    -- replay windows
    down_counter INTEGER NOT NULL,         -- of the last downlink, -1 before any
    PRIMARY KEY (station, fingerprint)
) WITHOUT ROWID;

-- Records that are stored, by the numbers under which their station knows them.
CREATE TABLE radio_numbers (
    heard INTEGER PRIMARY KEY AUTOINCREMENT,
    station TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    key_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    told INTEGER NOT NULL DEFAULT 0,       -- acknowledged since it was last heard
    UNIQUE (station, fingerprint, key_id, sequence)
);

CREATE TABLE radio_downlinks (
    station TEXT NOT NULL,
    at_ms INTEGER NOT NULL
);
CREATE INDEX radio_downlinks_day ON radio_downlinks (station, at_ms);

-- Records are kept as they came and decoded when read.
CREATE TABLE radio_sightings (
    item INTEGER PRIMARY KEY REFERENCES items,
    station TEXT NOT NULL,
    reference BLOB NOT NULL,
    by_uptime INTEGER NOT NULL,
    moment INTEGER NOT NULL,               -- 42 bits, as on air
    spool BLOB NOT NULL,                   -- that made it: fingerprint and key id
    record BLOB NOT NULL,
    full_item INTEGER REFERENCES items     -- the full sighting that took its place
);
CREATE INDEX radio_sightings_reference ON radio_sightings (station, reference);
CREATE INDEX radio_sightings_full ON radio_sightings (full_item);

CREATE TABLE radio_heartbeats (
    item INTEGER PRIMARY KEY REFERENCES items,
    station TEXT NOT NULL,
    sent_ms INTEGER NOT NULL,              -- when it came, where its clock was not set
    spool BLOB NOT NULL,
    boot INTEGER NOT NULL,
    uptime_s INTEGER,                      -- where its clock was set
    record BLOB NOT NULL
);
CREATE INDEX radio_heartbeats_latest ON radio_heartbeats (station, sent_ms);
CREATE INDEX radio_heartbeats_anchor ON radio_heartbeats (station, spool, boot);

-- The last beacon of each station.
CREATE TABLE radio_beacons (
    station TEXT PRIMARY KEY REFERENCES stations,
    heard_ms INTEGER NOT NULL,
    content BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE radio_unread (
    item INTEGER PRIMARY KEY REFERENCES items,
    reason TEXT NOT NULL,
    spool BLOB NOT NULL,
    record BLOB NOT NULL
);
"""


def add_radio(connection: sqlite3.Connection) -> None:
    """Make a store of schema 1 one of schema 2, within the caller's transaction."""
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    bursts = connection.execute("SELECT item, burst_id FROM sightings").fetchall()
    connection.executemany(
        "UPDATE sightings SET reference = ? WHERE item = ?",
        ((reference_of(burst_id), item) for item, burst_id in bursts),
    )
