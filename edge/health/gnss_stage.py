"""The stage that asks a satellite receiver for the time, now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from edge.health.heard_clock import HeardClock
from edge.listener import Listener
from edge.spool.errors import SpoolFull
from edge.spool.ledger import Ledger
from firmware_bridge.errors import BridgeError
from firmware_bridge.gnss import GnssReceiver, Sky

ALARM = "gnss"
"""Stands while the receiver is gone, or tells a date that cannot be. A sky that is not seen is no
fault: a ravine has little of it."""
LISTEN_S = 1.0
"""A step listens so long, and a stop of the station waits for it."""
LOOK_S = 15.0
"""Within this a receiver with satellites in view has said enough; then the port is closed."""
AGAIN_S = 60.0
"""Between two looks while it does not know the time."""
MOST_AGAIN_S = 900.0


class GnssStage:
    """Keeps ``heard`` up to date, every ``every_s``. ``open_receiver`` opens the port anew for each
    look, so that its sentences wake nobody in between. ``now`` is a clock in s that nobody sets.
    """

    def __init__(
        self,
        open_receiver: Callable[[], GnssReceiver],
        heard: HeardClock,
        ledger: Ledger,
        listener: Listener,
        every_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open, self._heard, self._every_s, self._now = open_receiver, heard, every_s, now
        self._ledger, self._listener = ledger, listener
        self._receiver: GnssReceiver | None = None
        self._until_s = self._due_s = now()
        self._again_s = AGAIN_S
        self._trouble: str | None = None
        self._is_raised = True  # by a process before this one, perhaps

    def step(self) -> bool:
        """Listen a little where it is time to; whether the time was told."""
        if self._receiver is None and self._now() < self._due_s:
            return False
        try:
            receiver = self._opened()
            told = receiver.listen(LISTEN_S)
        except BridgeError as error:
            self._rest(str(error))
            return False
        if told is None:
            if self._now() >= self._until_s:
                self._rest(_wrong(receiver.sky))
            return False
        self._heard.satellites(told.at, told.heard_s)
        self.close()
        self._due_s, self._again_s = self._now() + self._every_s, AGAIN_S
        self._tell(None)
        return True

    def close(self) -> None:
        """Release the port."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            with suppress(BridgeError):
                receiver.close()

    def _opened(self) -> GnssReceiver:
        if self._receiver is None:
            self._receiver = self._open()
            self._until_s = self._now() + LOOK_S
        return self._receiver

    def _rest(self, why: str | None) -> None:
        self.close()
        self._due_s = self._now() + self._again_s
        self._again_s = min(2 * self._again_s, MOST_AGAIN_S)
        self._tell(why)

    def _tell(self, trouble: str | None) -> None:
        """One line and one alarm for a fault, however often it is met."""
        before, self._trouble = self._trouble, trouble
        if trouble is not None and before is None:
            self._listener.trouble(f"gnss: {trouble}")
        with suppress(SpoolFull):
            if trouble is not None and before is None:
                self._ledger.raise_alarm(ALARM, trouble)
                self._is_raised = True
            elif trouble is None and self._is_raised:
                self._ledger.clear_alarm(ALARM)
                self._is_raised = False


def _wrong(sky: Sky) -> str | None:
    """What is to be mended; None for a sky that is merely not seen, or a line that is noisy."""
    if sky is Sky.IMPOSSIBLE:
        return (
            "the receiver tells a date that cannot be: its week number has begun anew, or it is"
            " broken; update its firmware, or exchange it"
        )
    if sky is Sky.SILENT:
        return (
            "the receiver says nothing of the time: check its line and its speed"
            " ([clock] gnss, gnss_baud)"
        )
    return None
