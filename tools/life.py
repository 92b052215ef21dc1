"""One run among those before it: what is written down of its beginning, its age and its end."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from edge.health.boot_loop import BootLoop, Mode, Terms
from edge.health.last_end import Cause, LifeMark
from edge.health.memory_file import MemoryFile

STARTS = "starts"


class Life:
    """Kept in ``folder``, which must outlive the spool. Nothing here raises."""

    def __init__(self, folder: Path, environment: Mapping[str, str], terms: Terms) -> None:
        with suppress(OSError):
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._loop = BootLoop(MemoryFile(folder / STARTS), terms)
        self._mark = LifeMark(folder, environment)
        self._ends_for = Cause.STOPPED
        self.before: Cause | None = None
        """How the run before this one ended, once this one has begun."""

    def begin(self) -> Mode:
        """Count this start, before anything can fail; how it is to be."""
        self.before = self._mark.begin()
        return self._loop.begin()

    def lasted(self) -> None:
        """The run in full has proved itself."""
        self._loop.lasted()

    def stopped(self) -> None:
        """Somebody asked for the end."""
        self._loop.stopped()
        self._mark.end(self._ends_for)

    def rested(self) -> None:
        """A woken station's cycle is over, and the machine is to be switched off."""
        self._loop.rest()
        self._mark.end(self._ends_for)

    def reboots(self) -> None:
        """The machine is about to be started anew for its card."""
        self._ends_for = Cause.CARD
        self._mark.end(Cause.CARD)

    def refused(self) -> None:
        """Nothing could be opened, which safe mode would not have helped: it does not count."""
        self._loop.stopped()
        self._mark.end(self._ends_for if self._ends_for is Cause.CARD else Cause.FAILED)

    def failed(self) -> None:
        """It gave up by itself, and that counts."""
        self._mark.end(Cause.FAILED)

    def retried(self) -> None:
        """Safe mode ends, for a start in full."""
        self._loop.retry()
        self._loop.stopped()  # where the brake had not asked for safe mode, this start is undone
        self._mark.end(Cause.RETRIED)

    def hung(self) -> None:
        """A loop hangs, and that counts."""
        self._mark.end(Cause.WATCHDOG)
