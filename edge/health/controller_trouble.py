"""Who is told that the controller is not well: once, and with an alarm where it lasts."""

from __future__ import annotations

from collections.abc import Callable

from edge.listener import Listener
from edge.spool.ledger import Ledger
from firmware_bridge.errors import ProtocolMismatch

ALARM = "controller"
SILENT_S = 300.0
"""A controller that was silent for as long is worth an alarm; a brown-out is over sooner."""


class Trouble:
    """What went wrong and for how long. Its methods raise what the ledger raises."""

    def __init__(self, ledger: Ledger, listener: Listener, now: Callable[[], float]) -> None:
        self._ledger, self._listener, self._now = ledger, listener, now
        self._lost_since_s: float | None = None
        self._is_raised = False
        self._told = ""

    def tell(self, why: str) -> None:
        """Tell it, unless it was the last that was told."""
        if why != self._told:
            self._told = why
            self._listener.trouble(f"controller: {why}")

    def lost(self, why: str) -> None:
        """It cannot be reached, again or still."""
        self.tell(why)
        if self._lost_since_s is None:
            self._lost_since_s = self._now()
        elif not self._is_raised and self._now() - self._lost_since_s >= SILENT_S:
            self._ledger.raise_alarm(ALARM, why)
            self._is_raised = True

    def found(self, mismatch: ProtocolMismatch | None) -> None:
        """It answers; ``mismatch`` says so if it speaks another dictionary."""
        if self._lost_since_s is not None:
            self._told = ""
        self._lost_since_s, self._is_raised = None, False
        if mismatch is None:
            self._ledger.clear_alarm(ALARM)
        else:
            self.tell(str(mismatch))
            self._ledger.raise_alarm(ALARM, str(mismatch))
