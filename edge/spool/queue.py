"""What waits, as the scheduler sees it: without its contents."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from edge.records import ItemKind
from edge.spool.database import Database
from edge.spool.items import Priority
from edge.sqlite import Row
from edge.times import from_epoch_ms

_SELECT = """
SELECT outbox.seq, outbox.item_id, outbox.kind, outbox.priority, outbox.burst_id,
    outbox.size_bytes, bursts.captured_ms, outbox.queued_ms, outbox.known, outbox.told,
    length(news.record)
FROM outbox
LEFT JOIN bursts ON bursts.burst_id = outbox.burst_id
LEFT JOIN news ON news.item_id = outbox.item_id
"""


@dataclass(frozen=True, slots=True)
class Queued:
    """An item of the outbox. ``event_at`` is None for what is no event; both times are of the
    station's clock, however it was set then. ``news_bytes`` is the length of the record for a
    radio, None where there is none or basecamp has it already (``told``)."""

    seq: int
    item_id: bytes
    kind: ItemKind
    priority: Priority
    burst_id: str | None
    size_bytes: int
    event_at: datetime | None
    queued_at: datetime
    known: bool
    told: bool
    news_bytes: int | None


class Queue:
    """A view of the outbox. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def heads(
        self, most_valuable: int, oldest: int, without: Collection[bytes] = ()
    ) -> list[Queued]:
        """The first items in sending order and the longest waiting ones, oldest first; none of
        those in ``without``. Its cost does not grow with the queue."""
        found = self._some("outbox.priority, outbox.seq", most_valuable, without)
        found |= self._some("outbox.seq", oldest, without)
        return [found[seq] for seq in sorted(found)]

    def tellable(
        self, most_valuable: int, oldest: int, without: Collection[bytes] = ()
    ) -> list[Queued]:
        """The same of those alone that a radio can tell of: where no other link takes the rest,
        what was told long ago must not stand before them."""
        untold = "WHERE news.record NOT NULL ORDER BY"
        found = self._found(f"{untold} news.priority, news.number", most_valuable, without)
        found |= self._found(f"{untold} news.number", oldest, without)
        return [found[seq] for seq in sorted(found)]

    def among(self, item_ids: Collection[bytes]) -> set[bytes]:
        """Those of ``item_ids`` that still wait."""
        return {
            item_id
            for item_id in item_ids
            if self._database.read("SELECT 1 FROM outbox WHERE item_id = ?", (item_id,))
        }

    def _some(self, order: str, limit: int, without: Collection[bytes]) -> dict[int, Queued]:
        return self._found(f"ORDER BY {order}", limit, without)

    def _found(self, clause: str, limit: int, without: Collection[bytes]) -> dict[int, Queued]:
        rows = self._database.read(f"{_SELECT} {clause} LIMIT ?", (limit + len(without),))
        queued = (_queued(row) for row in rows if row[1] not in without)
        return {item.seq: item for item, _ in zip(queued, range(limit), strict=False)}


def _queued(row: Row) -> Queued:
    seq, item_id, kind, priority, burst_id, size_bytes, captured_ms, queued_ms, *rest = row
    known, told, news_bytes = rest
    return Queued(
        seq,
        bytes(item_id),
        ItemKind(kind),
        Priority(priority),
        burst_id,
        size_bytes,
        None if captured_ms is None else from_epoch_ms(captured_ms),
        from_epoch_ms(queued_ms),
        bool(known),
        bool(told),
        news_bytes,
    )
