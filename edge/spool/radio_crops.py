"""Crops small enough for a radio: they wait until basecamp asks for them, or has them in full."""

from __future__ import annotations

import sqlite3

from edge.spool.database import Database
from edge.spool.items import RadioCrop

MOST = 512
"""About 1.2 MB. Older ones go: what they show stays in the outbox and in the evidence."""


class RadioCrops:
    """Sealed crops by the names that they have on the air. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def content(self, reference: bytes, picture: int) -> bytes | None:
        """The ``picture``-th crop of the burst with this reference; None where it is not here."""
        rows = self._database.read(
            "SELECT content FROM radio_crops WHERE reference = ? AND picture = ?",
            (reference, picture),
        )
        return bytes(rows[0][0]) if rows else None


def insert_crop(connection: sqlite3.Connection, crop: RadioCrop) -> None:
    """Keep ``crop`` within the caller's transaction, and no more than MOST."""
    connection.execute(
        "INSERT INTO radio_crops (item_id, reference, picture, content) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (reference, picture) DO NOTHING",
        (crop.item_id, crop.reference, crop.picture, crop.content),
    )
    connection.execute(
        "DELETE FROM radio_crops WHERE seq <= (SELECT max(seq) FROM radio_crops) - ?", (MOST,)
    )


def forget_crop(connection: sqlite3.Connection, item_id: bytes) -> None:
    """Within the caller's transaction: basecamp has the crop in full."""
    connection.execute("DELETE FROM radio_crops WHERE item_id = ?", (item_id,))
