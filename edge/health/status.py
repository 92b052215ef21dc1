"""How a station is, in the one line that `systemctl status` shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from datetime import time as time_of_day

from edge.health.clock import ClockState
from edge.spool.spool import Spool

LOOK_S = 10.0
"""Counting a day's bursts goes through all that are remembered: milliseconds, on a battery."""


class Status:
    """Tells ``tell`` whenever the line changes. ``head`` is what it begins with, ``monotonic`` a
    clock in s that nobody sets.

    ``step`` is for a loop of its own: a card that hangs must not hang who watches over the loops.
    """

    def __init__(
        self,
        head: str,
        spool: Spool,
        clock: Callable[[], ClockState],
        tell: Callable[[str], object],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._head, self._spool, self._clock, self._tell = head, spool, clock, tell
        self._monotonic = monotonic
        self._due_s = monotonic()
        self._told = ""

    def step(self) -> bool:
        """Look where it is time to, and tell what is new. Raises SpoolError."""
        if self._monotonic() < self._due_s:
            return False
        self._due_s = self._monotonic() + LOOK_S
        now = self._clock().now()
        line = status_line(
            self._head,
            self._spool.ledger.bursts_since(
                datetime.combine(now.date(), time_of_day(), now.tzinfo)
            ),
            self._spool.unjudged(),
            self._spool.outbox.state().items,
            tuple(self._spool.ledger.alarms()),
        )
        if line != self._told:
            self._tell(line)
            self._told = line
        return False


def status_line(head: str, today: int, unjudged: int, unsent: int, alarms: tuple[str, ...]) -> str:
    """``armed; 12 bursts today; 3 wait to be sent; alarms: card-full``. A day is one of UTC."""
    parts = [head, f"{today or 'no'} {'burst' if today == 1 else 'bursts'} today"]
    parts += [
        f"{count} {'waits' if count == 1 else 'wait'} to be {what}"
        for count, what in ((unjudged, "judged"), (unsent, "sent"))
        if count
    ]
    if alarms:
        parts.append(f"alarms: {', '.join(alarms)}")
    return "; ".join(parts)
