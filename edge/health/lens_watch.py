"""Looks at the glass by the pictures that are judged anyway, and raises its alarms."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from edge.health.runs import Memory
from edge.listener import Listener
from edge.spool.errors import SpoolFull
from edge.spool.ledger import Ledger

if TYPE_CHECKING:
    from edge.health.lens_history import LensHistory
    from edge.vision.decode import Pixels

_log = logging.getLogger("irbis")
SAVE_S = 3600.0
"""A reboot costs the looks of an hour; a save is one transaction."""


class LensWatch:
    """Called with one decoded picture of each burst, by the thread that judges; never raises, for
    a verdict must not be lost with it. ``memory`` keeps the history over restarts."""

    def __init__(
        self,
        memory: Memory,
        ledger: Ledger,
        listener: Listener,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory, self._ledger, self._listener, self._now = memory, ledger, listener, now
        self._history: LensHistory | None = None
        self._looked_s = self._saved_s = now()

    def __call__(self, pixels: Pixels) -> None:
        """``(H, W, 3)``, uint8, RGB."""
        try:
            self._look(pixels)
        except SpoolFull:
            return  # told and saved once there is room
        except Exception:
            _log.exception("the glass could not be looked at")

    def _look(self, pixels: Pixels) -> None:
        # Deferred: numpy takes as long to import as arming takes in all.
        from edge.health.lens_history import LensHistory
        from edge.health.lens_sight import sight

        if self._history is None:
            self._history = LensHistory(self._memory.load())
        seen, now_s = sight(pixels), self._now()
        if seen is None:
            return
        day_ended = self._history.look(seen, now_s - self._looked_s)
        self._looked_s = now_s
        if day_ended:
            self._tell(self._history)
        if day_ended or now_s - self._saved_s >= SAVE_S:
            self._memory.save(self._history.state())
            self._saved_s = now_s

    def _tell(self, history: LensHistory) -> None:
        from edge.health.lens_history import ADVICE, Glass

        standing, known = history.standing(), self._ledger.alarms()
        for glass in Glass:
            if glass not in standing:
                self._ledger.clear_alarm(glass.value)
            elif glass.value not in known:
                self._listener.trouble(ADVICE[glass])
                with suppress(SpoolFull):
                    self._ledger.raise_alarm(glass.value, ADVICE[glass])
