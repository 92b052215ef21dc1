"""The outbox: what waits to be acknowledged by basecamp, most valuable first."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from edge.records import ItemKind
from edge.spool.database import Database
from edge.spool.items import GivesWay, OutboxItem, Priority
from edge.spool.ledger import add_counts
from edge.spool.news import forget_news
from edge.spool.radio_crops import forget_crop
from edge.times import to_epoch_ms

ACKNOWLEDGED = "acknowledged"
"""The counter of items that basecamp has stored."""


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How much waits."""

    items: int
    size_bytes: int


class Outbox:
    """Items stay until ``acknowledge``; sending changes nothing here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def next_items(self, limit: int, under_way: Collection[bytes] = ()) -> list[OutboxItem]:
        """Up to ``limit`` items in sending order, without those already under way."""
        # Those under way stand at the front, so this many rows always hold enough others; the
        # query walks an index and does not grow with the queue.
        heads = self._database.read(
            "SELECT item_id FROM outbox ORDER BY priority, seq LIMIT ?", (limit + len(under_way),)
        )
        chosen = [item_id for (item_id,) in heads if item_id not in under_way][:limit]
        return [item for item in map(self.item, chosen) if item is not None]

    def acknowledge(self, item_ids: Iterable[bytes]) -> list[OutboxItem]:
        """Release items that basecamp has stored; those that were still here.

        An item acknowledged twice, or never sent by this spool, changes nothing.
        """
        released = []
        with self._database.transaction() as connection:
            for item_id in item_ids:
                item = self.item(item_id)
                if item is None:
                    continue
                connection.execute("DELETE FROM outbox WHERE item_id = ?", (item_id,))
                forget_news(connection, item_id)
                forget_crop(connection, item_id)
                if item.burst_id is not None:
                    _mark_delivered(connection, item.burst_id)
                released.append(item)
            add_counts(connection, {ACKNOWLEDGED: len(released)})
        return released

    def replace_heartbeat(self, item: OutboxItem) -> None:
        """Queue a heartbeat in place of an older one that has not left yet."""
        kind = ItemKind.HEARTBEAT.value
        with self._database.transaction() as connection:
            before = connection.execute(
                "SELECT seq, queued_ms FROM outbox WHERE kind = ? ORDER BY seq LIMIT 1", (kind,)
            ).fetchone()
            connection.execute("DELETE FROM outbox WHERE kind = ?", (kind,))
            insert_item(connection, item)
            # It waits in the place, and for as long, as the one before: one that began anew each
            # time would never be what has waited longest.
            if before is not None:
                connection.execute(
                    "UPDATE outbox SET seq = ?, queued_ms = ? WHERE item_id = ?",
                    (*before, item.item_id),
                )

    def item(self, item_id: bytes) -> OutboxItem | None:
        """One item that waits; None where it does not."""
        rows = self._database.read(
            "SELECT item_id, kind, priority, burst_id, payload, known FROM outbox"
            " WHERE item_id = ?",
            (item_id,),
        )
        if not rows:
            return None
        ((item_id, kind, priority, burst_id, payload, known),) = rows
        return OutboxItem(
            item_id, ItemKind(kind), Priority(priority), burst_id, payload, bool(known)
        )

    def state(self) -> OutboxState:
        ((items, size_bytes),) = self._database.read(
            "SELECT count(*), coalesce(sum(size_bytes), 0) FROM outbox"
        )
        return OutboxState(items, size_bytes)

    def is_empty(self) -> bool:
        return not self._database.read("SELECT 1 FROM outbox LIMIT 1")


def insert_item(connection: sqlite3.Connection, item: OutboxItem, size_bytes: int = 0) -> None:
    """Queue ``item`` within the caller's transaction; the same item twice is queued once."""
    size_bytes = size_bytes if item.payload is None else len(item.payload)
    connection.execute(
        "INSERT INTO outbox"
        " (item_id, burst_id, kind, priority, size_bytes, payload, queued_ms, known)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (item_id) DO NOTHING",
        (
            item.item_id,
            item.burst_id,
            item.kind.value,
            int(item.priority),
            size_bytes,
            item.payload,
            to_epoch_ms(datetime.now(UTC)),
            item.known,
        ),
    )


def _mark_delivered(connection: sqlite3.Connection, burst_id: str) -> None:
    """Once nothing of a burst waits any more, its evidence may be given up."""
    connection.execute(
        "UPDATE bursts SET gives_way = ? WHERE burst_id = ? AND state = 'judged'"
        " AND (gives_way IS NULL OR gives_way = ?)"
        " AND NOT EXISTS (SELECT 1 FROM outbox WHERE burst_id = ?)",
        (int(GivesWay.DELIVERED), burst_id, int(GivesWay.TOLD), burst_id),
    )
