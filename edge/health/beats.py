"""When a station that is woken for each event owes its next sign of life.

Every wake is a start of everything. Were each worth a heartbeat, a busy trap would say little else;
so what was said last is remembered, and nothing is said again within a period while no alarm comes
or goes.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from edge.health.elapsed import Elapsed, Mark
from edge.health.runs import Memory
from edge.spool.errors import CardFailing, SpoolFull

UNKNOWN_S = 8.0
"""After a start the board's clock may not be known yet: the controller is only being asked."""


class Beats:
    """One a period of ``every_s``, by ``elapsed``, kept in ``memory``: a write for each that is
    said. Where no clock tells how long ago the last was, one is due at every wake. For any thread.
    """

    def __init__(
        self,
        memory: Memory,
        elapsed: Elapsed,
        every_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory, self._elapsed, self._every_s, self._now = memory, elapsed, every_s, now
        self._began_s = now()
        self._said: tuple[Mark | None, str] | None = None

    def due_in_s(self, alarms: Mapping[str, str] | None = None) -> float:
        """Seconds until the next is due, 0 where it is; at once where ``alarms`` are not those
        that were told last. None of them: they do not matter."""
        if self._said is None:
            self._said = _decoded(self._memory.load())
        said_at, told = self._said
        if said_at is None or (alarms is not None and _digest(alarms) != told):
            return 0.0
        since_s = self._elapsed.since_s(said_at)
        if since_s is None:
            return max(0.0, self._began_s + UNKNOWN_S - self._now())
        return max(0.0, self._every_s - since_s)

    def said(self, alarms: Mapping[str, str] | None = None) -> None:
        """One was said, with these alarms. Where the card takes nothing it is only said again."""
        self._said = self._elapsed.mark(), _digest(alarms or {})
        with suppress(SpoolFull, CardFailing):
            self._memory.save(json.dumps([self._said[0].to_plain(), self._said[1]]).encode())


def _digest(alarms: Mapping[str, str]) -> str:
    text = json.dumps(sorted(alarms.items()))
    return hashlib.blake2b(text.encode(), digest_size=8, person=b"irbis beats").hexdigest()


def _decoded(state: bytes | None) -> tuple[Mark | None, str]:
    try:
        plain: Any = json.loads(state or b"")
        mark, told = plain
        return Mark.from_plain(mark), str(told)
    except (ValueError, TypeError, RecursionError):
        return None, ""
