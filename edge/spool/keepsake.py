"""Small values that survive a reboot: what a modem, a budget or a protocol must not forget."""

from __future__ import annotations

from edge.spool.database import Database


class Keepsake:
    """One value under ``name``, durable once ``save`` returns. Safe to share between threads."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = f"keepsake-{name}"

    def load(self) -> bytes | None:
        """What was saved last; None before that."""
        rows = self._database.read("SELECT value FROM meta WHERE name = ?", (self._name,))
        return bytes(rows[0][0]) if rows else None

    def save(self, state: bytes) -> None:
        """Raises SpoolFull."""
        with self._database.transaction() as connection:
            connection.execute("REPLACE INTO meta (name, value) VALUES (?, ?)", (self._name, state))
