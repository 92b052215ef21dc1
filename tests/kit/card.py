"""What lies in a spool on the card, read as a stranger would: past all of Irbis's own code."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def rows(spool: Path, sql: str) -> list[tuple[Any, ...]]:
    """A query on a spool that no process holds."""
    with closing(sqlite3.connect(f"file:{spool / 'spool.db'}?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


def counters(spool: Path) -> dict[str, int]:
    return dict(rows(spool, "SELECT name, value FROM counters"))


def alarms(spool: Path) -> set[str]:
    """Those that stand at rest."""
    return {name for (name,) in rows(spool, "SELECT name FROM alarms")}


def evidence_ids(spool: Path) -> set[str]:
    """Burst ids of the evidence files."""
    return {path.stem for path in spool.glob("evidence/??/*.burst")}


def disorder(spool: Path) -> list[str]:
    """What does not fit together in a spool at rest; empty when all is well.

    A heartbeat may wait: it is added when its time comes, also while a station is ending.
    """
    held = {name for (name,) in rows(spool, "SELECT burst_id FROM bursts WHERE held")}
    known = {path.relative_to(spool) for path in spool.glob("evidence/??/*.burst")}
    found = {path.relative_to(spool) for path in spool.glob("evidence/**/*") if path.is_file()}
    states = rows(spool, "SELECT burst_id, state FROM bursts WHERE state <> 'judged'")
    waiting = rows(spool, "SELECT kind, burst_id FROM outbox WHERE kind <> 'heartbeat'")
    return [
        *(f"evidence without a row: {name}" for name in evidence_ids(spool) - held),
        *(f"row without evidence: {name}" for name in held - evidence_ids(spool)),
        *(f"left over: {path}" for path in found - known),
        *(f"{name} is still {state}" for name, state in states),
        *(f"waiting for basecamp: {kind} of {name}" for kind, name in waiting),
    ]
