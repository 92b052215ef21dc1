"""What storm control has left of each sensor's bursts, over restarts: were it forgotten, a station
that is woken for each event would give a hot rock a full bucket at every wake.

Nothing is ever passed over for want of a memory: what is lost, damaged, or lies back for nobody
knows how long leaves a full bucket.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from edge.capture.trigger.storm import Left
from edge.health.elapsed import Elapsed, Mark
from edge.health.runs import Memory

_Kept = tuple[Mark, dict[str, Left]]


class Storms(Protocol):
    """Storm control, as far as it is remembered. ``expect`` is told of sensors that raged when
    this was kept, until ``recall`` says for how long nobody kept watch."""

    def left(self) -> Mapping[str, Left]: ...

    def expect(self, raging: frozenset[str]) -> None: ...

    def recall(self, left: Mapping[str, Left], ago_s: float) -> None: ...


class StormMemory:
    """Keeps what ``storms`` has left in ``memory``: one write, at an orderly end, where a firing
    was charged for or something is still to be paid back. ``recall`` is for the thread that keeps
    watch, the others for whoever arms and ends the station.
    """

    def __init__(self, storms: Storms, memory: Memory, elapsed: Elapsed) -> None:
        self._storms, self._memory, self._elapsed = storms, memory, elapsed
        self._before: _Kept | None = None
        """As it was kept, until it is known how long ago that is."""

    def restore(self) -> None:
        """Read what was kept."""
        self._before = _decoded(self._memory.load())
        if self._before is not None:
            left = self._before[1]
            self._storms.expect(frozenset(name for name in left if left[name].rages))

    def recall(self) -> None:
        """Go on with what was kept, once a clock tells how long ago that was."""
        if self._before is None:
            return
        mark, left = self._before
        ago_s = self._elapsed.since_s(mark)
        if ago_s is not None:
            self._before = None
            self._storms.recall(left, ago_s)

    def keep(self) -> None:
        """Write it down, for the next start. What the card refuses is lost, and no more."""
        left = self._storms.left()
        if not left and self._memory.load() is None:
            return
        plain = {name: [one.tokens, one.sample_in_s, one.quiet_s] for name, one in left.items()}
        with suppress(OSError):
            self._memory.save(json.dumps([self._elapsed.mark().to_plain(), plain]).encode())


def _decoded(state: bytes | None) -> _Kept | None:
    try:
        plain: Any = json.loads(state or b"")
        mark, left = Mark.from_plain(plain[0]), plain[1].items()
        found = {str(name): _left(*one) for name, one in left}
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return None
    return None if mark is None else (mark, found)


def _left(tokens: Any, sample_in_s: Any, quiet_s: Any) -> Left:
    """Raises ValueError, TypeError or OverflowError for what was never kept."""
    left = Left(float(tokens), None if sample_in_s is None else float(sample_in_s), float(quiet_s))
    if not all(map(math.isfinite, (left.tokens, left.sample_in_s or 0.0, left.quiet_s))):
        raise ValueError("not a number of tokens or seconds")
    return left
