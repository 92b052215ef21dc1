"""What waits, as the scheduler sees it: without its contents."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from edge.records import ItemKind
from edge.spool.database import Database
from edge.spool.items import Priority
from edge.sqlite import Row
from edge.times import from_epoch_ms

# What an older version queued has no time of its own, and is not rewritten for it: the card may be
# full. Its event is as old, but for the time it took to judge.
_SELECT = """
SELECT outbox.seq, outbox.item_id, outbox.kind, outbox.priority, outbox.burst_id,
    outbox.size_bytes, bursts.captured_ms, coalesce(nullif(outbox.queued_ms, 0),
    bursts.captured_ms, 0), outbox.known, outbox.told, length(news.record)
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
        those in ``without``. Its cost grows with ``without`` alone, not with the queue."""
        ids = self._ids("outbox ORDER BY priority, seq", most_valuable, without)
        ids |= self._ids("outbox ORDER BY seq", oldest, without)
        return self._queued(ids)

    def tellable(
        self, most_valuable: int, oldest: int, without: Collection[bytes] = ()
    ) -> list[Queued]:
        """The same of those alone that a radio can tell of: where no other link takes the rest,
        what was told long ago must not stand before them."""
        ids = self._ids("news ORDER BY priority, number", most_valuable, without)
        ids |= self._ids("news ORDER BY number", oldest, without)
        return self._queued(ids)

    def among(self, item_ids: Iterable[bytes]) -> set[bytes]:
        """Those of ``item_ids`` that still wait."""
        found: set[bytes] = set()
        for some in _portions(item_ids):
            rows = self._database.read(
                f"SELECT item_id FROM outbox WHERE item_id IN ({_marks(some)})", some
            )
            found.update(bytes(item_id) for (item_id,) in rows)
        return found

    def _ids(self, where: str, limit: int, without: Collection[bytes]) -> set[bytes]:
        """The first ``limit`` ids of ``where`` that are not in ``without``. Ids alone, for the rest
        of a row may be long."""
        rows = self._database.read(f"SELECT item_id FROM {where} LIMIT ?", (limit + len(without),))
        return set(islice((item_id for (item_id,) in rows if item_id not in without), limit))

    def _queued(self, item_ids: Iterable[bytes]) -> list[Queued]:
        """These, in the order in which they were queued."""
        rows = [
            row
            for some in _portions(item_ids)
            for row in self._database.read(
                f"{_SELECT} WHERE outbox.item_id IN ({_marks(some)})", some
            )
        ]
        return [_queued(row) for row in sorted(rows, key=lambda row: int(row[0]))]


def _portions(item_ids: Iterable[bytes]) -> Iterator[list[bytes]]:
    """As many as one query may name."""
    rest = iter(item_ids)
    while some := list(islice(rest, 500)):
        yield some


def _marks(values: Collection[object]) -> str:
    return ",".join("?" * len(values))


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
