"""Room on the card: a budget for evidence, who goes first, and a reserve for the worst day."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from edge.spool.database import Database
from edge.spool.errors import SpoolFull
from edge.spool.files import EvidenceFiles
from edge.spool.ledger import Ledger, add_counts

RESERVE_BYTES = 1_048_576
"""Size of the reserve file: enough write-ahead log for the deletions that make room again."""

CARD_FULL = "card-full"
"""The alarm that stands while capture cannot store bursts."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much evidence may lie on the card. ``max_bytes`` 0 means no quota of its own."""

    max_bytes: int = 0
    min_free_bytes: int = 64_000_000

    def shortfall(self, needed_bytes: int, held_bytes: int, free_bytes: int) -> int:
        """How many bytes must go before ``needed_bytes`` more fit; 0 or less when they fit."""
        under_floor = self.min_free_bytes + needed_bytes - free_bytes
        if not self.max_bytes:
            return under_floor
        return max(under_floor, held_bytes + needed_bytes - self.max_bytes)


def free_bytes(path: Path) -> int:
    """What a user without privileges may still write on the file system of ``path``."""
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


class Reserve:
    """A file that is given up when the card is full, so that the database can still write.

    On a card without a free byte even a deletion fails, for SQLite must log it first; a station
    would then be stuck for good. The reserve is the way out, and is laid anew when room returns.
    """

    def __init__(self, path: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes

    def lay(self) -> None:
        """Take the room if it is to be had and not taken yet."""
        if self._path.exists():
            return
        try:
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size_bytes)
        except OSError:
            self.give_up()

    def give_up(self) -> None:
        """Free the reserve's room."""
        self._path.unlink(missing_ok=True)


class Room:
    """Keeps evidence within its budget by giving up what may go, in the order of GivesWay."""

    def __init__(
        self, path: Path, budget: Budget, database: Database, files: EvidenceFiles, ledger: Ledger
    ) -> None:
        self._path = path
        self._budget = budget
        self._database = database
        self._files = files
        self._ledger = ledger
        self._reserve = Reserve(path / "reserve")
        self._lock = threading.Lock()

    def make(self, needed_bytes: int) -> None:
        """Give up evidence by rank and age until ``needed_bytes`` fit.

        Raises SpoolFull, and the alarm CARD_FULL, when nothing is left that may go.
        """
        with self._lock:
            while (shortfall := self._shortfall(needed_bytes)) > 0:
                if not self._give_up_next(shortfall):
                    raise SpoolFull(self._report_full(needed_bytes))
            self._reserve.lay()
            self._ledger.clear_alarm(CARD_FULL)

    def rescue(self) -> None:
        """After SpoolFull: give up the reserve, so that acknowledgements and deletions still
        find room for their log. The alarm is written if that succeeds."""
        self._reserve.give_up()
        self._report_full(0)

    def free_bytes(self) -> int:
        return free_bytes(self._path)

    def _report_full(self, needed_bytes: int) -> str:
        message = (
            f"{self._path}: no room for {needed_bytes} more bytes and nothing left that may go;"
            " what is held waits for basecamp: check the uplink or change the card"
        )
        try:
            self._ledger.raise_alarm(CARD_FULL, message)
        except SpoolFull:
            self._reserve.give_up()
        return message

    def _shortfall(self, needed_bytes: int) -> int:
        held_bytes = 0
        if self._budget.max_bytes:
            ((held_bytes,),) = self._database.read(
                "SELECT coalesce(sum(size_bytes), 0) FROM bursts WHERE held"
            )
        return self._budget.shortfall(needed_bytes, held_bytes, self.free_bytes())

    def _give_up_next(self, shortfall: int) -> bool:
        """Drop as many of the next in rank as cover ``shortfall``; False when there is none."""
        rows = self._database.read(
            "SELECT burst_id, size_bytes FROM bursts WHERE held AND gives_way IS NOT NULL"
            " ORDER BY gives_way, seq LIMIT 64"
        )
        chosen: list[str] = []
        for burst_id, size_bytes in rows:
            if shortfall <= 0:
                break
            chosen.append(burst_id)
            shortfall -= size_bytes
        if not chosen:
            return False
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE bursts SET held = 0 WHERE burst_id = ?", [(i,) for i in chosen]
            )
            add_counts(connection, {"given_up": len(chosen)})
        for burst_id in chosen:
            self._files.delete(burst_id)
        return True
