"""What crops over radio add to basecamp's tables."""

from __future__ import annotations

import sqlite3

from edge.wire.air.reference import reference_of

_SCHEMA = """
ALTER TABLE items ADD COLUMN by_radio INTEGER NOT NULL DEFAULT 0;  -- gives way to a wider link's
ALTER TABLE crops ADD COLUMN reference BLOB;       -- of the burst, as radio records name it
CREATE INDEX crops_reference ON crops (station, reference);

-- Whether the station says it again until it is told.
ALTER TABLE radio_numbers ADD COLUMN awaited INTEGER NOT NULL DEFAULT 1;

CREATE TABLE radio_wishes (
    station TEXT NOT NULL REFERENCES stations,
    reference BLOB NOT NULL,
    picture INTEGER NOT NULL,              -- place among the crops of the burst
    worth REAL NOT NULL,
    state TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,   -- how often it came and could not be opened
    PRIMARY KEY (station, reference, picture)
) WITHOUT ROWID;
CREATE INDEX radio_wishes_line ON radio_wishes (station, state, worth);

-- How far each crop has come that was asked for under a set of keys.
CREATE TABLE radio_crops (
    station TEXT NOT NULL REFERENCES stations,
    fingerprint BLOB NOT NULL,
    state BLOB NOT NULL,
    heartbeats INTEGER NOT NULL DEFAULT 0, -- since the station was told, or a piece came
    patience INTEGER NOT NULL,             -- so many, and it is told again
    PRIMARY KEY (station, fingerprint)
) WITHOUT ROWID;
"""


def add_radio_crops(connection: sqlite3.Connection) -> None:
    """Make a store of schema 2 one of schema 3, within the caller's transaction."""
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    bursts = connection.execute("SELECT item, burst_id FROM crops").fetchall()
    connection.executemany(
        "UPDATE crops SET reference = ? WHERE item = ?",
        ((reference_of(burst_id), item) for item, burst_id in bursts),
    )
