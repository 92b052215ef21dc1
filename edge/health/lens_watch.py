"""Looks at the glass by the pictures that are judged anyway, and raises its alarms."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from edge.health.elapsed import Elapsed, Mark
from edge.health.runs import Memory
from edge.listener import Listener
from edge.spool.errors import SpoolFull
from edge.spool.ledger import Ledger

if TYPE_CHECKING:
    from edge.health.lens_history import LensHistory
    from edge.vision.decode import Pixels

_log = logging.getLogger("irbis")
SAVE_S = 3600.0
"""A reboot costs the looks of an hour, but for the first: a station that is woken for each event
has one look a run. A save is one transaction, beside those that a burst costs anyway."""
UNKNOWN_S = 900.0
"""Between two runs, where no clock tells: some hundred runs are a day then. Were it nothing, a
woken station without a clock would never have one."""


class LensWatch:
    """Called with one decoded picture of each burst, by the thread that judges; never raises, for
    a verdict must not be lost with it. ``memory`` keeps the history over restarts."""

    def __init__(
        self,
        memory: Memory,
        ledger: Ledger,
        listener: Listener,
        elapsed: Elapsed | None = None,
    ) -> None:
        self._memory, self._ledger, self._listener = memory, ledger, listener
        self._elapsed = elapsed or Elapsed()
        self._history: LensHistory | None = None
        self._saved: Mark | None = None

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
            self._tell(self._history)  # what stands may be of another camera
        history, seen = self._history, sight(pixels)
        if seen is None:
            return
        day_ended = history.look(seen, self._since_last_s(history.looked))
        history.looked = self._elapsed.mark()
        if day_ended:
            self._tell(history)
        if day_ended or self._is_to_be_saved():
            self._memory.save(history.state())
            self._saved = history.looked

    def _since_last_s(self, looked: Mark | None) -> float:
        from edge.health.lens_history import DAY_S

        if looked is None:
            return 0.0
        since_s = self._elapsed.since_s(looked)
        return UNKNOWN_S if since_s is None else min(since_s, DAY_S)

    def _is_to_be_saved(self) -> bool:
        since_s = None if self._saved is None else self._elapsed.since_s(self._saved)
        return since_s is None or since_s >= SAVE_S

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
