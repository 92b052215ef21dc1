"""News: short records that wait to be told over a radio, and basecamp's word that it has them.

News say in a packet what an item of the outbox says in full. They are committed with the verdict,
numbered by this spool, and stay until basecamp says that it stored that number, or the item itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from edge.spool.database import Database
from edge.spool.items import GivesWay, NewsItem, Priority
from edge.sqlite import Row

NUMBERS = 2**24
"""Numbers come round after so many; by then the first have long been told."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """News of the item ``item_id``, with the ``number`` that this spool gave them (< NUMBERS)."""

    number: int
    priority: Priority
    record: bytes = field(repr=False)
    item_id: bytes = b""


class News:
    """News stay until ``told``; sending changes nothing here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, limit: int, under_way: Collection[int] = ()) -> list[Waiting]:
        """Up to ``limit`` news in sending order, without the numbers already under way."""
        rows = self._database.read(
            f"{_SELECT} ORDER BY priority, number LIMIT ?", (limit + len(under_way),)
        )
        found = map(_waiting, rows)
        return [one for one in found if one.number not in under_way][:limit]

    def of(self, item_id: bytes) -> Waiting | None:
        """Those of one item; None where basecamp has them, or there never were any."""
        rows = self._database.read(f"{_SELECT} WHERE item_id = ?", (item_id,))
        return _waiting(rows[0]) if rows else None

    def count(self) -> int:
        """How many wait."""
        ((count,),) = self._database.read("SELECT count(*) FROM news")
        return int(count)

    def told(self, numbers: Iterable[int]) -> list[bytes]:
        """Release what basecamp has stored; the items of those that were still here. Raises
        SpoolFull."""
        with self._database.transaction() as connection:
            return [item_id for number in numbers for item_id in _tell(connection, number)]


_SELECT = "SELECT number, priority, record, item_id FROM news"


def _waiting(row: Row) -> Waiting:
    number, rank, record, item_id = row
    return Waiting(number % NUMBERS, Priority(rank), bytes(record), bytes(item_id))


def _tell(connection: sqlite3.Connection, number: int) -> list[bytes]:
    """Of the item itself only what the news left out is still to be sent."""
    rows = connection.execute(
        "DELETE FROM news WHERE number % ? = ? RETURNING item_id", (NUMBERS, number)
    ).fetchall()
    connection.executemany("UPDATE outbox SET told = 1 WHERE item_id = ?", rows)
    # Where the evidence itself waits to be sent, there is no other picture.
    connection.executemany(
        "UPDATE bursts SET gives_way = ? WHERE gives_way IS NULL AND state = 'judged'"
        " AND burst_id = (SELECT burst_id FROM outbox WHERE item_id = ?) AND NOT EXISTS"
        " (SELECT 1 FROM outbox WHERE outbox.burst_id = bursts.burst_id AND payload IS NULL)",
        [(int(GivesWay.TOLD), *row) for row in rows],
    )
    return [bytes(item_id) for (item_id,) in rows]


def insert_news(connection: sqlite3.Connection, item: NewsItem) -> None:
    """Queue ``item`` within the caller's transaction; news of the same item are queued once."""
    connection.execute(
        "INSERT INTO news (item_id, priority, record) VALUES (?, ?, ?)"
        " ON CONFLICT (item_id) DO NOTHING",
        (item.item_id, int(item.priority), item.record),
    )


def forget_news(connection: sqlite3.Connection, item_id: bytes) -> None:
    """Within the caller's transaction: basecamp has the item in full."""
    connection.execute("DELETE FROM news WHERE item_id = ?", (item_id,))
