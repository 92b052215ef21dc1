"""What stays of bursts whose evidence is gone: for a while all that was found, then the id alone.

Nothing on a station reads old judgements, and a database that grew for years would be checked ever
slower at arming. The id stays for good, some 25 bytes a burst, for it tells that a picture which
is offered again, by a folder that keeps its files, was here before. Effort is not counted in these
rows but in the counters (edge.spool.ledger), which never forget.
"""

from __future__ import annotations

from edge.spool.database import Database

BATCH = 64
"""So many are forgotten at once: one more sync of the card for as many bursts."""


class Past:
    """Forgets judged bursts that are neither among the last ``remembered`` (0: none is forgotten)
    nor held nor waited for by anything in the outbox."""

    def __init__(self, database: Database, remembered: int = 0) -> None:
        self._database = database
        self._remembered = remembered

    def knows(self, burst_id: str) -> bool:
        """Whether this burst was here and is forgotten but for its id."""
        return bool(
            self._database.read(
                "SELECT 1 FROM forgotten WHERE burst_id = ?", (bytes.fromhex(burst_id),)
            )
        )

    def forget(self) -> None:
        """Forget the oldest BATCH that may be, as soon as there are as many. Raises SpoolFull."""
        if not self._remembered:
            return
        # None of these can be waited for anew: items come with the judgement alone.
        due = self._database.read(
            "SELECT burst_id FROM bursts WHERE state = 'judged' AND NOT held"
            " AND seq <= (SELECT max(seq) FROM bursts) - ?"
            " AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.burst_id = bursts.burst_id)"
            " ORDER BY seq LIMIT ?",
            (self._remembered, BATCH),
        )
        if len(due) < BATCH:
            return
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO forgotten (burst_id) VALUES (?)",
                [(bytes.fromhex(burst_id),) for (burst_id,) in due],
            )
            connection.executemany("DELETE FROM bursts WHERE burst_id = ?", due)
