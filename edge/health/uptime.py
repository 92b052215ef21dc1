"""Moments of a station whose clock was never set: by the run of the machine, and its age."""

from __future__ import annotations

from datetime import UTC, datetime

from edge.health.runs import boot_id, count_boot, uptime_s
from edge.spool.errors import SpoolFull
from edge.spool.spool import Spool
from edge.wire.air.moment import Uptime


class Uptimes:
    """``spool`` counts the runs. Safe to share between threads."""

    def __init__(self, spool: Spool) -> None:
        self._room, self._memory = spool.room, spool.keepsake("boots")

    def now(self) -> Uptime:
        """The present. Raises SpoolFull where the card has no room to count this run, and nothing
        may go."""
        try:
            run = count_boot(self._memory, boot_id())
        except SpoolFull:
            self._room.rescue()
            run = count_boot(self._memory, boot_id())
        return Uptime(run, uptime_s())

    def at(self, moment: datetime) -> Uptime | None:
        """A time of the system's clock as it runs now; None for one before this run, and where the
        card has no room to count it: a verdict must not be lost for that."""
        try:
            now = self.now()
        except SpoolFull:
            return None
        passed_s = max(0, int((datetime.now(UTC) - moment).total_seconds()))
        return Uptime(now.boot, now.seconds - passed_s) if passed_s <= now.seconds else None
