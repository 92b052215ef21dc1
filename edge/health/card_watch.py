"""When a card that takes no writes is worth a new start of the machine.

A file system that the kernel turned read-only is mended by the check at the next mount, and a card
that stopped answering often comes back once its reader was reset. A new start of the daemon does
neither. What is held in memory is lost by it, so it is not asked for at once; and so that a card
which is beyond mending does not have the machine start for ever, never soon after a start. That
bound is the machine's own age: a count would have to be written to the card that takes no writes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge.health.memory_file import MemoryFile
from edge.health.runs import uptime_s
from edge.spool.card import is_read_only, refused
from edge.spool.errors import CardFailing
from edge.spool.spool import Spool

LOOK_S = 10.0
_PROBE = "card-probe"


@dataclass(frozen=True, slots=True)
class CardTerms:
    """Durations in s: the card failed for ``fails_s`` without a break (0: it is never asked for),
    and the machine has been up for ``apart_s``."""

    fails_s: float
    apart_s: float


class CardWatch:
    """Looks at the card of ``spool``, which lies at ``path``. ``step`` is for a loop that may hang
    with the card; ``reboot_due`` for any thread. ``now`` is a clock in s that nobody sets."""

    def __init__(
        self,
        spool: Spool,
        path: Path,
        terms: CardTerms,
        uptime: Callable[[], float] = uptime_s,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger, self._probe = spool.ledger, spool.keepsake(_PROBE)
        self._path, self._terms, self._uptime, self._now = path, terms, uptime, now
        self._due_s = now()
        self._since_s: float | None = None

    def step(self) -> bool:
        """Look, where it is time to. Raises CardFailing while the card takes no writes, for that is
        to be told."""
        if self._now() < self._due_s:
            return False
        self._due_s = self._now() + LOOK_S
        if self._ledger.failing is None and not _has_stopped(self._path):
            self._since_s = None
            return False
        since_s = self._now() if self._since_s is None else self._since_s
        try:
            # Nothing else may want to write for hours; and what was wrong may be over.
            self._probe.save(b"")
        finally:
            self._since_s = since_s if self._ledger.failing is not None else None
        return False

    @property
    def reboot_due(self) -> bool:
        """Whether nothing but a new start of the machine may help."""
        since_s = self._since_s
        failed_s = -math.inf if since_s is None else self._now() - since_s
        return failed_s >= self._terms.fails_s and may_reboot(self._terms, self._uptime())


def may_reboot(terms: CardTerms, up_s: float) -> bool:
    """Whether a machine that has been up for so long may be started anew for its card."""
    return terms.fails_s > 0 and up_s >= terms.apart_s


def takes_no_writes(folder: Path) -> bool:
    """Whether a file cannot be written in ``folder`` because of the card; False where it is full,
    or not ours."""
    path = folder / _PROBE
    try:
        MemoryFile(path).save(b"")
    except OSError as error:
        return isinstance(refused(path, error), CardFailing)
    with suppress(OSError):
        path.unlink()
    return False


def _has_stopped(path: Path) -> bool:
    try:
        return is_read_only(path)
    except OSError:
        return True  # not even that can be asked
