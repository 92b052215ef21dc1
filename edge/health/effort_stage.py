"""The loop that writes effort down, beside the one that catches."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from edge.health.clock import ClockState, system_clock
from edge.health.effort import CRASH, STOPPED
from edge.health.effort_file import EffortFile
from edge.health.effort_lines import SLEEPS
from edge.health.effort_log import EffortLog
from edge.health.last_end import Cause, last_end, state_folder
from edge.health.runs import boot_id
from edge.health.uptime import Uptimes
from edge.spool.errors import SpoolError, SpoolFull
from edge.spool.spool import Spool

COUNTED = (
    "bursts",
    "frames",
    "target",
    "blank",
    "blank_dropped",
    "blank_audited",
    "frame_errors",
)
"""Of the spool's counters, what a biologist needs beside the hours."""
TRIGGERS = (
    "fired",
    "bursts_taken",
    "second_looks",
    "passed_over",
    "missed",
    "storms",
    "firings_lost",
)
"""Of the source's."""
UNWRITTEN = "effort-unwritten"
"""The alarm that stands while the card takes no line."""

_CAUSES = {
    Cause.RETRIED: "safe-mode-over",
    Cause.CRASHED: CRASH,
    Cause.FAILED: "gave-up",
    Cause.KILLED: "killed",
    Cause.WATCHDOG: "watchdog",
    Cause.OOM: "oom",
    Cause.HARDWARE_WATCHDOG: "hardware-watchdog",
}
"""What the log calls an end that it cannot tell by itself."""


class EffortStage:
    """Keeps the effort of one process in the folder of ``spool``, and counts how the one before it
    ended. ``watched`` is for the capture stage, ``step`` for a worker; close it before the spool.
    """

    def __init__(
        self,
        spool: Spool,
        folder: Path,
        source_counts: Callable[[], Mapping[str, int]] = dict,
        clock: Callable[[], ClockState] = system_clock,
    ) -> None:
        self._spool, self._folder, self._source_counts = spool, folder, source_counts
        self._log = EffortLog(EffortFile(folder), self._totals, self._here, clock)
        self._opened = False
        self._refused = True  # an alarm of the process before may stand
        self.ends_for = STOPPED
        """Why the process ends when it is closed: a word."""
        self.guard: Callable[[], tuple[int, int] | None] = lambda: None
        """Of a station that its controller wakes: which start of that it is, and its counter."""
        self._is_guarded = False

    def watched(self, blind: str | None) -> None:
        """See EffortLog.seen."""
        self._log.seen(blind)

    def step(self) -> bool:
        """Write what is due. What the card refuses is kept, and tried again."""
        try:
            if not self._opened:
                self._open()
            if not self._is_guarded:
                self._is_guarded = self._note_guard()
            self._log.keep()
        except SpoolFull:
            return False
        except OSError as error:
            why = error.strerror or str(error)
            self._refused = True
            with suppress(SpoolFull):
                self._spool.ledger.raise_alarm(UNWRITTEN, f"the effort log is not written: {why}")
            return False
        if self._refused:
            self._spool.ledger.clear_alarm(UNWRITTEN)
            self._refused = False
        return False

    def close(self) -> None:
        """Write how it ended. A card that refuses costs the last minutes, no more."""
        with suppress(OSError, SpoolError):
            if not self._opened:
                self._open()
            if self.ends_for in SLEEPS:
                self._note_guard()
            self._log.end(self.ends_for)

    def counters(self) -> dict[str, int]:
        """For the heartbeat; from any thread."""
        return self._log.counters()

    def _open(self) -> None:
        cause = last_end(state_folder(os.environ, self._folder) or self._folder.parent)
        known = "" if cause is None else _CAUSES.get(cause, "")
        self._log.open(Uptimes(self._spool).now(), boot_id(), known)
        self._opened = True
        if cause is not None:
            self._spool.ledger.count({cause.value: 1})

    def _note_guard(self) -> bool:
        """Whether it was known."""
        guard = self.guard()
        if guard is not None:
            self._log.guard(*guard)
        return guard is not None

    def _totals(self) -> dict[str, int]:
        return _chosen(self._spool.ledger.counters(), COUNTED)

    def _here(self) -> dict[str, int]:
        return _chosen(self._source_counts(), TRIGGERS)


def _chosen(counts: Mapping[str, int], names: tuple[str, ...]) -> dict[str, int]:
    return {name: counts[name] for name in names if counts.get(name)}
