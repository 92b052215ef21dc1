"""Moments of a station whose clock was never set: by the run of the machine, and its age."""

from __future__ import annotations

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
