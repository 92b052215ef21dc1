"""How a station has its machine started anew: it asks systemd by a file, for it may not itself.

irbis-reboot.path waits for the file. Nothing is run for that: on a card that gives nothing back, no
program starts any more.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from edge.health.card_watch import CardTerms, may_reboot, takes_no_writes
from edge.health.runs import uptime_s

_log = logging.getLogger("irbis")

REBOOT = "reboot"
"""The file, in ``RuntimeDirectory=`` of irbis.service."""


class Rebooting:
    """For the process that systemd gave ``environment``; without a folder in memory of its own, at
    a desk, nothing is ever asked."""

    def __init__(self, environment: Mapping[str, str], terms: CardTerms) -> None:
        named = [name for name in environment.get("RUNTIME_DIRECTORY", "").split(":") if name]
        self._file = Path(named[0]) / REBOOT if named else None
        self._terms = terms
        self.asked = False
        if self._file is not None:
            with suppress(OSError):  # what a run before asked for in vain
                self._file.unlink(missing_ok=True)

    def ask(self) -> bool:
        """Ask, once; whether that was now."""
        if self._file is None or self.asked:
            return False
        try:
            self._file.touch()
        except OSError as error:
            _log.warning("no new start can be asked for: %s", error)
            return False
        self.asked = True
        _log.warning("the card takes no writes: the machine starts anew, for that may mend it")
        return True

    def ask_for(self, folder: Path) -> bool:
        """The same where nothing could be opened, if that is because of the card below ``folder``
        and the machine may start anew by now."""
        return may_reboot(self._terms, uptime_s()) and takes_no_writes(folder) and self.ask()
