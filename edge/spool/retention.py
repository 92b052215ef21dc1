"""Room on the card: a budget for evidence, who goes first, and a reserve for the worst day."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge.spool.card import free_bytes
from edge.spool.database import Database
from edge.spool.errors import SpoolFull
from edge.spool.files import EvidenceFiles
from edge.spool.ledger import Ledger, add_counts
from edge.sqlite import Row

RESERVE_BYTES = 1_048_576
"""Size of the reserve file: enough write-ahead log for the deletions that make room again."""

CARD_FULL = "card-full"
"""The alarm that stands while capture cannot store bursts."""

# The same words every time: an alarm that changes is sent to basecamp anew.
NO_ROOM = (
    "no room left on the card, and too little that may go; what is held waits for basecamp: check"
    " the uplink or change the card"
)
TOO_LARGE = "a burst takes more than [spool] max_bytes allows in all; raise it, or set it to 0"

HELD_SQL = "SELECT coalesce(sum(size_bytes), 0) FROM bursts WHERE held"
MAY_GO_SQL = f"{HELD_SQL} AND gives_way IS NOT NULL"
"""How many bytes lie there in all, and how many of them may go."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much evidence may lie on the card. ``max_bytes`` 0 means no quota of its own."""

    max_bytes: int = 0
    min_free_bytes: int = 64_000_000

    def shortfall(self, needed_bytes: int, held_bytes: int, free_bytes: int) -> int:
        """How many bytes must go before ``needed_bytes`` more fit; 0 or less when they fit."""
        under_floor = self.under_floor(needed_bytes, free_bytes)
        if not self.max_bytes:
            return under_floor
        return max(under_floor, held_bytes + needed_bytes - self.max_bytes)

    def holds(self, needed_bytes: int) -> bool:
        """Whether a burst of ``needed_bytes`` fits once everything else is gone."""
        return not self.max_bytes or needed_bytes <= self.max_bytes

    def under_floor(self, needed_bytes: int, free_bytes: int) -> int:
        """The same for the card's free space alone."""
        return self.min_free_bytes + needed_bytes - free_bytes


class Reserve:
    """A file that is given up when the card is full, so that the database can still write.

    On a card without a free byte even a deletion fails, for SQLite must log it first; a station
    would then be stuck for good. The reserve is the way out, and is laid anew when room returns.
    """

    def __init__(self, path: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes

    @property
    def laid(self) -> bool:
        return self._path.exists()

    def lay(self) -> None:
        """Take the room if it is to be had and not taken yet."""
        if self.laid:
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
        self,
        path: Path,
        budget: Budget,
        database: Database,
        files: EvidenceFiles,
        ledger: Ledger,
        reserve: Reserve,
    ) -> None:
        self._path = path
        self._budget = budget
        self._database = database
        self._files = files
        self._ledger = ledger
        self._reserve = reserve
        self._lock = threading.Lock()

    def make(self, needed_bytes: int, unannounced_bytes: int = 0) -> None:
        """Give up evidence by rank and age until ``needed_bytes`` fit, beside ``unannounced_bytes``
        that are on the card already and in no row.

        Raises SpoolFull, and the alarm CARD_FULL, when all that may go would not be enough; it
        then stays.
        """
        whole_bytes = needed_bytes + unannounced_bytes
        with self._lock:
            while (shortfall := self._shortfall(needed_bytes, unannounced_bytes)) > 0:
                if self._may_go_bytes() < shortfall or not self._give_up_next(shortfall):
                    self._raise_alarm(NO_ROOM if self._budget.holds(whole_bytes) else TOO_LARGE)
                    raise SpoolFull(f"{self._path}: no room for {needed_bytes} more bytes")
            self._recover()

    def rescue(self) -> None:
        """After SpoolFull: let the database write again, by all that may go.

        The reserve's room is used for folding the log at once, before anyone else takes it; then
        evidence gives way. Where that is not enough the alarm CARD_FULL stands.
        """
        with self._lock:
            self._reserve.give_up()
            self._database.fold_log()
            with suppress(SpoolFull):
                while (shortfall := self._under_floor()) > 0 and self._give_up_next(shortfall):
                    pass
            if self._under_floor() > 0:
                self._raise_alarm(NO_ROOM)

    def relax(self) -> None:
        """Lay a missing reserve, and end the alarm, if there is room now.

        For moments in which nothing waits to be stored: what does wait ends the alarm itself.
        """
        with self._lock:
            alarmed = CARD_FULL in self._ledger.alarms()
            if not alarmed and self._reserve.laid:
                return
            if self._under_floor() <= 0 and self.left_bytes() > 0:
                with suppress(SpoolFull):
                    self._recover()

    def look(self) -> int:
        """``left_bytes``. Where nothing is left the alarm CARD_FULL stands, before a burst comes
        that would be refused."""
        with self._lock:
            left_bytes = self.left_bytes()
            if left_bytes <= 0:
                self._raise_alarm(NO_ROOM)
            return left_bytes

    def left_bytes(self) -> int:
        """What may still be stored: what is free, and what may go for it, less what must stay free;
        0 or less where nothing new can be kept."""
        return self._may_go_bytes() - self._shortfall(0)

    def free_bytes(self) -> int:
        return free_bytes(self._path)

    def _recover(self) -> None:
        self._reserve.lay()
        self._ledger.clear_alarm(CARD_FULL)

    def _raise_alarm(self, text: str) -> None:
        try:
            self._ledger.raise_alarm(CARD_FULL, text)
        except SpoolFull:
            self._reserve.give_up()
            self._database.fold_log()
            with suppress(SpoolFull):
                self._ledger.raise_alarm(CARD_FULL, text)

    def _under_floor(self) -> int:
        return self._budget.under_floor(RESERVE_BYTES, self.free_bytes())

    def _shortfall(self, needed_bytes: int, held_bytes: int = 0) -> int:
        if self._budget.max_bytes:
            ((rows_bytes,),) = self._database.read(HELD_SQL)
            held_bytes += rows_bytes
        return self._budget.shortfall(needed_bytes, held_bytes, self.free_bytes())

    def _give_up_next(self, shortfall: int) -> bool:
        """Drop as many of the next in rank as cover ``shortfall``; False when there is none."""
        chosen: list[str] = []
        for burst_id, size_bytes in self._next_in_rank():
            if shortfall <= 0:
                break
            chosen.append(burst_id)
            shortfall -= size_bytes
        if not chosen:
            return False
        try:
            self._note_given_up(chosen)
        except SpoolFull:
            # Not even a note fits. These files may go: their room is what lets it be written.
            self._delete(chosen)
            self._database.fold_log()
            self._note_given_up(chosen)
        self._delete(chosen)
        return True

    def _next_in_rank(self) -> list[Row]:
        """(burst id, size) of what goes next, first the first to go."""
        return self._database.read(
            "SELECT burst_id, size_bytes FROM bursts WHERE held AND gives_way IS NOT NULL"
            " ORDER BY gives_way, seq LIMIT 64"
        )

    def _may_go_bytes(self) -> int:
        ((size_bytes,),) = self._database.read(MAY_GO_SQL)
        return int(size_bytes)

    def _note_given_up(self, burst_ids: list[str]) -> None:
        with self._database.transaction() as connection:
            rows = [(burst_id,) for burst_id in burst_ids]
            connection.executemany("UPDATE bursts SET held = 0 WHERE burst_id = ?", rows)
            # An audited blank may wait to be sent; without its file there is nothing to send.
            connection.executemany(
                "DELETE FROM outbox WHERE burst_id = ? AND payload IS NULL", rows
            )
            add_counts(connection, {"given_up": len(burst_ids)})

    def _delete(self, burst_ids: list[str]) -> None:
        for burst_id in burst_ids:
            self._files.delete(burst_id)
