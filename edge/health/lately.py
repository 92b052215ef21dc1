"""Alarms for what is over: the station is well again, and somebody should know what befell it.

Want of memory, a power cut and a clock that jumped are past once the station is armed, and counters
are read by few. So each stands as an alarm for a day and a quarter, for a heartbeat to bring it to
basecamp, and then ends by itself. What happens again meanwhile begins its time anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from edge.health.elapsed import Elapsed, Mark
from edge.health.last_end import Cause
from edge.health.runs import Memory
from edge.listener import Listener
from edge.spool.ledger import Ledger

KILLED_FOR_MEMORY, POWER_WAS_CUT = "killed-for-memory", "power-was-cut"
CLOCK_STEPPED = "clock-stepped"
TEXTS = {
    KILLED_FOR_MEMORY: "memory ran out and the kernel ended the station, which goes on since: end"
    " other programs on the board, or take fewer models",
    POWER_WAS_CUT: "the power went while the station ran, or the kernel died: where nobody switched"
    " it off, look at battery, cable and converter",
    CLOCK_STEPPED: "a clock that was held to be right was set by more than an hour: times told"
    " before may be wrong; look at the board's clock and its battery",
}
"""By alarm. Without numbers: an alarm that changes is sent anew each time."""
STANDS_S = 30 * 3600.0
"""Longer than any link leaves between two heartbeats: a satellite's, of a day."""
GAP_S = 6 * 3600.0
"""Off for a week it told nobody: no gap between two runs counts for more."""
UNKNOWN_S = 900.0
"""Such a gap, where no clock tells: some hundred runs are a day then."""
SAVE_S = 3600.0
LOOK_S = 10.0


@dataclass(frozen=True, slots=True)
class _Standing:
    """At ``mark`` the alarm had stood for ``age_s``."""

    mark: Mark
    age_s: float = 0.0


class Lately:
    """A stage that lets such alarms stand, and ends them. ``memory`` survives a reboot.

    ``before`` is asked once, at the first step, how the last run of the station ended. Where its
    power goes ``by_design``, as that of a station that a controller wakes, no cut is told.
    ``happened`` is for any thread, ``step`` for one.
    """

    def __init__(
        self,
        memory: Memory,
        ledger: Ledger,
        listener: Listener,
        elapsed: Elapsed | None = None,
        before: Callable[[], Cause | None] = lambda: None,
        by_design: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory, self._ledger, self._listener = memory, ledger, listener
        self._elapsed, self._now = elapsed or Elapsed(), now
        self._before, self._by_design = before, by_design
        self._lock = Lock()
        self._new: set[str] = set()
        self._standing: dict[str, _Standing] | None = None
        self._due_s = now()

    def happened(self, alarm: str) -> None:
        """Let ``alarm``, one of TEXTS, stand from the next step on."""
        with self._lock:
            self._new.add(alarm)

    def step(self) -> bool:
        """Look at what stands, where it is time to or something happened. Raises SpoolFull; then it
        is tried again."""
        if self._standing is None:
            standing = _decoded(self._memory.load())
            self._adopt(standing)
            self._ask_before()
            self._standing = standing  # only now: what raised is done again
        with self._lock:
            new = frozenset(self._new)
        if not new and self._now() < self._due_s:
            return False
        self._due_s = self._now() + LOOK_S
        self._standing = self._kept(self._standing, new)
        for alarm in self._standing:
            if alarm in TEXTS:
                self._ledger.raise_alarm(alarm, TEXTS[alarm])
        with self._lock:
            self._new -= new
        return bool(new)

    def close(self) -> None:
        """Nothing is held."""

    def _adopt(self, standing: dict[str, _Standing]) -> None:
        """What stands without a record of since when: it begins anew, and so comes to its end."""
        for alarm in TEXTS.keys() & self._ledger.alarms().keys() - standing.keys():
            self.happened(alarm)

    def _ask_before(self) -> None:
        cause = self._before()
        if cause is Cause.OOM:
            alarm = KILLED_FOR_MEMORY
        elif cause is Cause.POWER and not self._by_design:
            alarm = POWER_WAS_CUT
        else:
            return
        self._listener.trouble(TEXTS[alarm])
        self.happened(alarm)

    def _kept(self, standing: dict[str, _Standing], new: Iterable[str]) -> dict[str, _Standing]:
        """What stands now, written down before it is raised and cleared before it is forgotten: a
        power cut in between leaves no alarm that nobody ends."""
        here = self._elapsed.mark()
        ages = {alarm: self._age_s(one, here) for alarm, one in standing.items()}
        ages |= dict.fromkeys(new, 0.0)
        over = [alarm for alarm, age_s in ages.items() if age_s >= STANDS_S]
        for alarm in over:
            self._ledger.clear_alarm(alarm)
            del ages[alarm]
        is_old = any(
            one.mark.boot != here.boot or here.age_s - one.mark.age_s >= SAVE_S
            for one in standing.values()
        )
        if not (new or over or is_old):
            return standing
        kept = {alarm: _Standing(here, age_s) for alarm, age_s in ages.items()}
        self._memory.save(_plain(kept))
        return kept

    def _age_s(self, one: _Standing, here: Mark) -> float:
        since_s = self._elapsed.since_s(one.mark)
        if since_s is None:
            since_s = UNKNOWN_S
        elif one.mark.boot != here.boot:
            since_s = min(since_s, GAP_S)
        return one.age_s + since_s


def _plain(standing: dict[str, _Standing]) -> bytes:
    rows = [[alarm, one.mark.to_plain(), round(one.age_s)] for alarm, one in standing.items()]
    return json.dumps(rows, separators=(",", ":")).encode()


def _decoded(state: bytes | None) -> dict[str, _Standing]:
    """What ``_plain`` gave; nothing of what is damaged."""
    try:
        rows: Any = json.loads(state or b"[]")
        found = {str(alarm): (Mark.from_plain(mark), float(age_s)) for alarm, mark, age_s in rows}
    except (ValueError, TypeError, OverflowError, RecursionError):
        return {}
    return {
        alarm: _Standing(mark, age_s if 0.0 <= age_s < STANDS_S else 0.0)
        for alarm, (mark, age_s) in found.items()
        if mark is not None
    }
