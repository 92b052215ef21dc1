"""How a station is, in the one line that `systemctl status` shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time

from edge.health.clock import ClockState
from edge.spool.spool import Spool


class Status:
    """Tells ``tell`` whenever the line changes. ``head`` is what it begins with.

    ``step`` is for a loop of its own: a card that hangs must not hang who watches over the loops.
    """

    def __init__(
        self,
        head: str,
        spool: Spool,
        clock: Callable[[], ClockState],
        tell: Callable[[str], object],
    ) -> None:
        self._head, self._spool, self._clock, self._tell = head, spool, clock, tell
        self._told = ""

    def step(self) -> bool:
        """Look, and tell what is new. Raises SpoolError."""
        now = self._clock().now()
        line = status_line(
            self._head,
            self._spool.ledger.bursts_since(datetime.combine(now.date(), time(), now.tzinfo)),
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
