"""The brake on a boot loop: a station that keeps dying soon after its start goes into safe mode.

What counts are starts in a row of which none lasted. No clock is asked: after a power cut it may
say anything, and the machine's own age begins anew. A run lasted once it has gone on for
``settled_s``, or once a station that is woken for one event has come to that cycle's end.

A safe mode is not for ever: after ``retry_s``, doubled with each vain try, the station starts in
full once more, and one such start that does not last puts it back. A station that is woken for each
event is switched off long before; its safe cycles are counted instead.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from edge.errors import IrbisError
from edge.health.runs import Memory

_MOST_COUNTED = 1_000_000
"""Beyond this a number is damage, and no history."""


@dataclass(frozen=True, slots=True)
class Terms:
    """When the brake takes hold, and when it lets go. Durations in seconds of running."""

    starts: int = 5
    """So many in a row may fail to last; the next one is safe."""
    settled_s: float = 600.0
    """A run this long has lasted. Longer than it takes to judge a burst: that is what kills."""
    retry_s: float = 3600.0
    """In safe mode, until the first start in full is tried."""
    most_retry_s: float = 6 * 3600.0
    """And at the longest: a station that sees the sun for a few hours must come to it."""
    cycles: int = 4
    """In safe mode, of a woken station, before the first start in full is tried; doubled with each
    vain try. What is caught meanwhile can only be sent as it is, for the key that would open it
    goes with the power."""
    most_cycles: int = 32


@dataclass(frozen=True, slots=True)
class History:
    """What the memory holds."""

    short: int = 0
    """Starts in a row, the present one included, of which none has lasted."""
    tries: int = 0
    """Starts in full tried from safe mode since a run last lasted."""
    cycles: int = 0
    """Of a woken station, in safe mode, since the last try."""

    def begun(self, starts: int) -> History:
        """One start more; beyond what puts the station into safe mode there is nothing to count."""
        return replace(self, short=min(self.short, starts) + 1)

    def undone(self) -> History:
        """As if the present start had not been."""
        return replace(self, short=max(self.short - 1, 0))

    def retrying(self, starts: int) -> History:
        """The next start is in full, and the one after it only if that one lasts."""
        return History(starts - 1, min(self.tries + 1, _MOST_COUNTED))


@dataclass(frozen=True, slots=True)
class Mode:
    """How this run is to be. ``short`` starts in a row before it did not last."""

    safe: bool
    short: int
    retry_s: float | None = None
    """In safe mode: after this long call ``BootLoop.retry`` and end, to be started in full."""

    def __str__(self) -> str:
        if not self.safe or self.retry_s is None:
            return "full"
        return (
            f"safe mode: {self.short} starts in a row did not last; all is tried again after"
            f" {self.retry_s / 60:.0f} min"
        )


class BootLoop:
    """Counts starts in ``memory``, which must not be the spool: that may be what fails.

    Call ``begin`` before anything that may fail, ``lasted`` once the run lasted ``settled_s``, and
    ``stopped`` where it is ended on purpose before. A memory that cannot be read or written never
    keeps a station from starting.
    """

    def __init__(self, memory: Memory, terms: Terms | None = None) -> None:
        self._memory = memory
        self._terms = terms or Terms()
        self._history = History()
        self._mode = Mode(safe=False, short=0)
        self._open = False
        """Whether the present start still counts as one that does not last."""

    def begin(self) -> Mode:
        """Count this start, durably, and say how the run is to be."""
        before = History()
        with suppress(OSError, IrbisError):
            before = decode_history(self._memory.load())
        self._keep(before.begun(self._terms.starts))
        self._mode = mode_of(self._history, self._terms)
        self._open = True
        return self._mode

    def lasted(self) -> None:
        """The run is a good one. In safe mode that proves nothing about the full one."""
        if self._open and not self._mode.safe:
            self._close(History())

    def stopped(self) -> None:
        """The run ends because somebody asked for it, and so it does not count. Nothing is taken
        back after ``lasted`` or ``retry``."""
        if self._open:
            self._close(self._history.undone())

    def retry(self) -> None:
        """Safe mode has gone on for ``Mode.retry_s``: the next start is in full."""
        if self._open and self._mode.safe:
            self._close(self._history.retrying(self._terms.starts))

    def rest(self) -> None:
        """A woken station is to be switched off. In safe mode, every so many times the next start
        is in full; otherwise this start is undone."""
        if not self._mode.safe:
            self.stopped()
        elif self._open:
            cycles = self._history.cycles + 1
            terms, tries = self._terms, min(self._history.tries, 20)
            if cycles >= min(terms.cycles * 2**tries, terms.most_cycles):
                self.retry()
            else:
                self._close(replace(self._history.undone(), cycles=cycles))

    def _close(self, history: History) -> None:
        self._open = False
        self._keep(history)

    def _keep(self, history: History) -> None:
        changed, self._history = history != self._history, history
        if changed:
            with suppress(OSError, IrbisError):
                self._memory.save(encode_history(history))


def mode_of(history: History, terms: Terms) -> Mode:
    """How the run is to be whose start ``history`` counted last."""
    before = max(history.short - 1, 0)
    if before < terms.starts:
        return Mode(safe=False, short=before)
    # 2**20 times any wait is beyond the longest.
    doubled_s = terms.retry_s * 2.0 ** min(history.tries, 20)
    return Mode(safe=True, short=before, retry_s=min(doubled_s, terms.most_retry_s))


def encode_history(history: History) -> bytes:
    """A line of JSON, so that a person can read why a station is in safe mode."""
    return json.dumps(asdict(history)).encode()


def decode_history(state: bytes | None) -> History:
    """What was encoded; the empty history for whatever a power cut left instead."""
    try:
        values = json.loads(state or b"{}")
        short, tries, cycles = values["short"], values["tries"], values.get("cycles", 0)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return History()
    counts = (short, tries, cycles)
    if all(type(count) is int and 0 <= count <= _MOST_COUNTED for count in counts):
        return History(short, tries, cycles)
    return History()
