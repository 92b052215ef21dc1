"""What the spool counts, and the alarms that wait for someone to act."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime

from edge.spool.card import CARD_FAILING
from edge.spool.database import Database
from edge.times import to_epoch_ms


class Ledger:
    """Counters that run since the spool was made, and alarms that stand until cleared.

    ``failing`` says why the card takes no writes, as an alarm that lives in memory alone.
    """

    def __init__(
        self, database: Database, failing: Callable[[], str | None] = lambda: None
    ) -> None:
        self._database, self._failing = database, failing

    def count(self, counts: Mapping[str, int]) -> None:
        """Add to counters. Raises SpoolFull."""
        with self._database.transaction() as connection:
            add_counts(connection, counts)

    def counters(self) -> dict[str, int]:
        return dict(self._database.read("SELECT name, value FROM counters ORDER BY name"))

    def bursts_since(self, moment: datetime) -> int:
        """How many bursts were caught since then, by the clock that dated them."""
        ((count,),) = self._database.read(
            "SELECT count(*) FROM bursts WHERE captured_ms >= ?", (to_epoch_ms(moment),)
        )
        return int(count)

    def raise_alarm(self, name: str, text: str) -> None:
        """Let an alarm stand; the same alarm again writes nothing. Raises SpoolFull."""
        if self.alarms().get(name) != text:
            with self._database.transaction() as connection:
                connection.execute("REPLACE INTO alarms (name, text) VALUES (?, ?)", (name, text))

    def clear_alarm(self, name: str) -> None:
        if name in self.alarms():
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM alarms WHERE name = ?", (name,))

    @property
    def failing(self) -> str | None:
        """Why the card takes no writes; None while it does, as far as is known. Reads nothing."""
        return self._failing()

    def alarms(self) -> dict[str, str]:
        """Standing alarms: name to one line for a person."""
        alarms: dict[str, str] = dict(
            self._database.read("SELECT name, text FROM alarms ORDER BY name")
        )
        failing = self.failing
        # A card that takes no writes cannot be told so in writing.
        return alarms if failing is None else {**alarms, CARD_FAILING: failing}


def add_counts(connection: sqlite3.Connection, counts: Mapping[str, int]) -> None:
    """Add to the counters within the caller's transaction."""
    connection.executemany(
        "INSERT INTO counters (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        [(name, value) for name, value in counts.items() if value],
    )
