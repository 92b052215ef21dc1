"""Small bursts, settlements and items, made as the stages would make them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from edge.records import Burst, ClockQuality, Exposure, Frame, ItemKind
from edge.spool.items import GivesWay, OutboxItem, Priority, Settlement

NOON = datetime(2031, 2, 3, 12, tzinfo=UTC)


def a_burst(number: int, frame_bytes: int = 500, frames: int = 2) -> Burst:
    """Burst ``number``: the same bytes every time."""
    moment = NOON + timedelta(minutes=number)
    return Burst(
        burst_id=burst_id(number),
        captured_at=moment,
        clock=ClockQuality.GPS,
        frames=tuple(
            Frame(bytes([number % 256, frame % 256]) * (frame_bytes // 2), moment, Exposure(8000))
            for frame in range(frames)
        ),
    )


def burst_id(number: int) -> str:
    return hashlib.md5(str(number).encode()).hexdigest()


def an_item(
    number: int, kind: ItemKind = ItemKind.SIGHTING, payload: bytes | None = b"sealed"
) -> OutboxItem:
    """An item of burst ``number``; for one kind always the same."""
    name = hashlib.md5(f"{number} {kind}".encode()).digest()
    priority = Priority[kind.name] if kind.name in Priority.__members__ else Priority.CROP
    return OutboxItem(name, kind, priority, burst_id(number), payload)


def a_target(number: int, *items: OutboxItem) -> Settlement:
    """A leopard: kept, and on its way to basecamp."""
    items = items or (an_item(number),)
    return Settlement(burst_id(number), b"leopard", True, None, items, {"animal": 1, "target": 1})


def a_goat(number: int) -> Settlement:
    """Another animal: kept for as long as there is room."""
    return Settlement(burst_id(number), b"goat", True, GivesWay.NOT_WANTED, (), {"animal": 1})


def a_blank(number: int, audited: bool = False) -> Settlement:
    """Grass: dropped, or kept for audit."""
    return Settlement(burst_id(number), b"grass", audited, GivesWay.AUDITED_BLANK, (), {"blank": 1})
