"""When a device may ask a LoRaWAN network to let it in again.

A thousand stations whose gateway comes back must not all shout at once, and a station that is out
of reach must not fill the band. LoRaWAN 1.0.4, section 7 (retransmission back-off), limits what a
device transmits for joining: 36 s in the first hour (1 %), 36 s in the next ten hours (0.1 %), then
8.7 s a day (0.01 %), at random intervals. Every join is written down *before* it is sent: a supply
that breaks down under the transmitter would otherwise make the station try at every boot.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from math import inf, isfinite
from typing import Protocol

_HOUR_S = 3600.0
# (hours of trying until which it holds, share of time on the air)
_PHASES = ((1.0, 0.01), (11.0, 0.001), (inf, 0.0001))
# A clock that was set meanwhile looks like a long silence; it must not end the fast phase at once.
_MOST_COUNTED_S = _HOUR_S
# A join request at spreading factor 12 is 1.5 s on the air; at 1 % that is this pause.
_PAUSE_AFTER_TORN_S = 150.0


class Memory(Protocol):
    """A small value that survives a reboot."""

    def load(self) -> bytes | None:
        """What was saved last; None when nothing was."""

    def save(self, state: bytes) -> None:
        """Keep ``state``, at most 200 bytes, durably."""


class ShortMemory:
    """A Memory that forgets with its process."""

    def __init__(self) -> None:
        self._state: bytes | None = None

    def load(self) -> bytes | None:
        """See Memory."""
        return self._state

    def save(self, state: bytes) -> None:
        """See Memory."""
        self._state = state


@dataclass(frozen=True, slots=True)
class _Series:
    """Joins since the last success: how long it lasts, the last one, the pause after it."""

    tried_s: float
    last_at_s: float
    pause_s: float


class JoinBackoff:
    """The pauses between joins. ``clock`` is wall time in s, which may jump."""

    def __init__(
        self,
        memory: Memory,
        clock: Callable[[], float] = time.time,
        random_source: random.Random | None = None,
    ) -> None:
        self._memory = memory
        self._clock = clock
        self._random = random_source or random.Random()

    def wait_s(self) -> float:
        """How long no join may be sent yet; 0 when one may."""
        series = self._load()
        if series is None:
            return 0.0
        passed_s = self._clock() - series.last_at_s
        if passed_s < 0:
            # The clock was set back, and nobody knows how long ago the last join was.
            self._save(replace(series, last_at_s=self._clock()))
            return series.pause_s
        return max(series.pause_s - passed_s, 0.0)

    def trying(self) -> bool:
        """Whether joins were sent since the last one that succeeded."""
        return self._load() is not None

    def attempt(self, airtime_s: float) -> None:
        """Write down, before it is sent, a join that is ``airtime_s`` on the air."""
        now_s, series = self._clock(), self._load()
        tried_s = 0.0
        if series is not None:
            gap_s = max(now_s - series.last_at_s, 0.0)
            tried_s = series.tried_s + min(gap_s, _MOST_COUNTED_S)
        duty = next(share for hours, share in _PHASES if tried_s < hours * _HOUR_S)
        pause_s = airtime_s / duty * self._random.uniform(1.0, 1.5)
        self._save(_Series(tried_s, now_s, pause_s))

    def unsent(self) -> None:
        """The join that was written down last never was on the air: the modem had a session.

        For those who count airtime as well; ``succeeded`` follows.
        """

    def succeeded(self) -> None:
        """The network let the device in: the next series begins anew."""
        if self._memory.load():
            self._memory.save(b"")

    def _load(self) -> _Series | None:
        raw = self._memory.load()
        if not raw:
            return None
        series = _parse(raw)
        if series is None:
            # Torn by a power cut, perhaps one that a join brought about: count it as a join.
            series = _Series(0.0, self._clock(), _PAUSE_AFTER_TORN_S)
            self._save(series)
        return series

    def _save(self, series: _Series) -> None:
        self._memory.save(json.dumps(asdict(series)).encode())


def _parse(raw: bytes) -> _Series | None:
    try:
        fields = json.loads(raw)
        series = _Series(**{name: float(value) for name, value in fields.items()})
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    sound = isfinite(series.last_at_s) and 0 <= series.pause_s < inf and 0 <= series.tried_s < inf
    return series if sound else None
