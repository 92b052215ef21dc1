"""What the spool counts, and the alarms that wait for someone to act."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from edge.spool.database import Database


class Ledger:
    """Counters that run since the spool was made, and alarms that stand until cleared."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, counts: Mapping[str, int]) -> None:
        """Add to counters. Raises SpoolFull."""
        with self._database.transaction() as connection:
            add_counts(connection, counts)

    def counters(self) -> dict[str, int]:
        return dict(self._database.read("SELECT name, value FROM counters ORDER BY name"))

    def raise_alarm(self, name: str, text: str) -> None:
        """Let an alarm stand; the same alarm again writes nothing. Raises SpoolFull."""
        if self.alarms().get(name) != text:
            with self._database.transaction() as connection:
                connection.execute("REPLACE INTO alarms (name, text) VALUES (?, ?)", (name, text))

    def clear_alarm(self, name: str) -> None:
        if name in self.alarms():
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM alarms WHERE name = ?", (name,))

    def alarms(self) -> dict[str, str]:
        """Standing alarms: name to one line for a person."""
        return dict(self._database.read("SELECT name, text FROM alarms ORDER BY name"))


def add_counts(connection: sqlite3.Connection, counts: Mapping[str, int]) -> None:
    """Add to the counters within the caller's transaction."""
    connection.executemany(
        "INSERT INTO counters (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        [(name, value) for name, value in counts.items() if value],
    )
