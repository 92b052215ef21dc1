"""Whether a burst still finds room on the card. What retention may give up is room as well: a card
that it keeps full is in order, and the usual end of every card."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from edge.health.selftest import Found, doubt, failed, passed, untried
from edge.spool.card import free_bytes
from edge.spool.retention import CARD_FULL, HELD_SQL, MAY_GO_SQL, Budget
from edge.spool.spool import Spool

SOON = 10
"""So many times ``min_free_bytes`` are little."""
EXCHANGE = "exchange the card, or empty it; what waits for basecamp goes once that has it"


def check_room_here(spool: Spool, min_free_bytes: int) -> Found:
    """The spool that this process holds. Raises OSError."""
    room = spool.room
    left_bytes = room.look()
    told = _told(room.free_bytes(), left_bytes)
    if CARD_FULL in spool.ledger.alarms():
        return failed(f"{told}: nothing new is kept", EXCHANGE, CARD_FULL)
    return _judged(told, left_bytes, min_free_bytes)


def check_room(folder: Path, budget: Budget) -> Found:
    """A spool in ``folder``, if there is one yet. Raises OSError."""
    card = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = free_bytes(card)
    lying = _lying(folder / "spool.db")
    held_bytes, may_go_bytes = lying or (0, 0)
    left_bytes = may_go_bytes - budget.shortfall(0, held_bytes, free)
    if lying is None and left_bytes < SOON * budget.min_free_bytes:
        return untried(f"{free / 1e9:.1f} GB free; what may go for more, only its holder knows")
    return _judged(_told(free, left_bytes), left_bytes, budget.min_free_bytes)


def _lying(database: Path) -> tuple[int, int] | None:
    """Bytes of evidence in all, and of what may go; None where a running station holds the
    database, or it cannot be read, which is another part's finding."""
    if not database.exists():
        return 0, 0
    uri = f"{database.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, timeout=0.0, uri=True)) as opened:
            held, may_go = (opened.execute(sql).fetchone()[0] for sql in (HELD_SQL, MAY_GO_SQL))
    except sqlite3.DatabaseError:
        return None
    return held, may_go


def _told(free: int, left_bytes: int) -> str:
    return f"room for {max(left_bytes, 0) / 1e9:.1f} GB; {free / 1e9:.1f} GB free"


def _judged(told: str, left_bytes: int, min_free_bytes: int) -> Found:
    if left_bytes <= 0:
        return failed(f"{told}: nothing new can be kept", EXCHANGE, CARD_FULL)
    if left_bytes < SOON * min_free_bytes:
        return doubt(told, "exchange the card soon, or see to the uplink")
    return passed(told)
