"""The spool: how fast bursts become durable, and whether a long queue is as fast as a short one."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from edge.records import Burst, ClockQuality, Frame, ItemKind
from edge.security.keys import BasecampKey
from edge.spool.database import Database
from edge.spool.items import OutboxItem, Priority
from edge.spool.outbox import Outbox, insert_item
from edge.spool.spool import Spool
from tools.bench.errors import BenchError
from tools.bench.pairs import interleaved, ratio_of
from tools.bench.result import Result
from tools.mounts import file_system

QUEUE_LENGTHS = (100, 10_000, 100_000)
FLAT = 2.0
"""A queue is flat when its longest is at most this much slower than its shortest."""
_FRAME_BYTES = 20_000
_FRAMES = 3
_SIGHTING_BYTES = 400
"""A sealed sighting record takes about this much."""
_TAKES_PER_TURN = 20


def measure_puts(folder: Path, repetitions: int) -> Result:
    """Bursts of 60 kB made durable per second, beside the same bytes written and synced bare."""
    recipient = BasecampKey.generate().token.seal
    bare = folder / "bare"
    bare.mkdir()
    with Spool(folder / "spool", recipient) as spool:
        admits, writes = interleaved(
            [lambda: spool.admit(_burst()), lambda: _write_durably(bare)], repetitions
        )
    return Result(
        "spool_put_per_s",
        round(1 / median(admits), 1),
        "/s",
        rule=f"durable bursts of {_FRAMES * _FRAME_BYTES // 1000} kB; as fast as the card syncs",
        details={
            "repetitions": repetitions,
            "bare_write_per_s": round(1 / median(writes), 1),
            "put_over_bare_write": round(ratio_of(admits, writes), 2),
            "file_system": file_system(folder),
        },
        notes=(
            f"one synced file on this {file_system(folder) or 'disk'}: {1 / median(writes):.0f}/s;"
            f" a put is {ratio_of(admits, writes):.1f} of them",
        ),
    )


def measure_dequeue(
    folder: Path, repetitions: int, lengths: Sequence[int] = QUEUE_LENGTHS
) -> Result:
    """Time to take the first item out of queues of different length; it must not grow."""
    queues = {length: folder / f"queue-{length}.db" for length in lengths}
    with _opened(queues) as outboxes:
        actions = [lambda outbox=outbox: _take(outbox) for outbox in outboxes.values()]
        times = interleaved(actions, repetitions)
        waiting = {str(length): outbox.state().items for length, outbox in outboxes.items()}
    per_take = [median(found) / _TAKES_PER_TURN for found in times]
    growth = per_take[-1] / per_take[0]
    return Result(
        "dequeue_ms",
        {str(n): round(1000 * s, 4) for n, s in zip(lengths, per_take, strict=True)},
        "ms",
        FLAT,
        judged=round(growth, 2),
        rule="time to take the next item, longest queue / shortest queue",
        details={"items_waiting": waiting, "growth": round(growth, 2)},
        notes=tuple(
            f"{n:>7} items waiting: {1000 * s:.3f} ms"
            for n, s in zip(lengths, per_take, strict=True)
        ),
    )


@contextmanager
def _opened(queues: dict[int, Path]) -> Iterator[dict[int, Outbox]]:
    databases = {length: Database(path) for length, path in queues.items()}
    try:
        for length, database in databases.items():
            _fill(database, length)
        yield {length: Outbox(database) for length, database in databases.items()}
    finally:
        for database in databases.values():
            database.close()


def _fill(database: Database, length: int) -> None:
    with database.transaction() as connection:
        for number in range(length):
            payload = os.urandom(_SIGHTING_BYTES)
            name = number.to_bytes(16, "big")
            item = OutboxItem(name, ItemKind.SIGHTING, Priority.SIGHTING, None, payload)
            insert_item(connection, item)


def _take(outbox: Outbox) -> None:
    for _ in range(_TAKES_PER_TURN):
        if not outbox.next_items(1):
            raise BenchError("the queue gave nothing though items wait in it")


def _burst() -> Burst:
    now = datetime.now(UTC)
    frames = tuple(Frame(os.urandom(_FRAME_BYTES), now) for _ in range(_FRAMES))
    return Burst(uuid.uuid4().hex, now, ClockQuality.NTP, frames)


def _write_durably(folder: Path) -> None:
    """The least that a durable write can be: the bytes synced, the name changed and synced."""
    path = folder / os.urandom(8).hex()
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(os.urandom(_FRAME_BYTES * _FRAMES))
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
