"""What an Iridium modem sees of the sky: its signal, how sessions end, and the gateway behind."""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from firmware_bridge.iridium_codes import DOCUMENTED, Outcome
from firmware_bridge.simulators.coverage import Coverage

OnMessage = Callable[[int, bytes], None]
_FAILURES = tuple(status.code for status in DOCUMENTED if status.outcome is not Outcome.DELIVERED)


@dataclass(frozen=True, slots=True)
class Faults:
    """How often, from 0 to 1, something goes wrong."""

    lost_reply: float = 0.0
    """An answer does not arrive."""
    garbage: float = 0.0
    """Noise comes before an answer."""
    failed_session: float = 0.0
    """A session fails with one of the documented codes."""
    brown_out: float = 0.0
    """The modem starts anew in the middle of a session."""
    no_signal: float = 0.0
    """Of the time, in periods of minutes, there is no satellite."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one session: its MO status, and whether the message arrived all the same."""

    mo_status: int
    arrives: bool = False


class Gateway:
    """Takes messages and keeps some. For any thread.

    ``on_message`` gets MOMSN and message, in the thread of the modem; the same MOMSN twice is a
    repeat.
    """

    def __init__(self, on_message: OnMessage) -> None:
        self.on_message = on_message
        self._lock = threading.Lock()
        self._queue: deque[bytes] = deque()
        self._mtmsn = 0

    def queue(self, message: bytes) -> None:
        """Keep ``message`` for the modem's next session."""
        with self._lock:
            self._queue.append(message)

    def take(self) -> tuple[int, bytes] | None:
        """The oldest message and its MTMSN, None where there is none."""
        with self._lock:
            if not self._queue:
                return None
            mtmsn, self._mtmsn = self._mtmsn, (self._mtmsn + 1) % 65_536
            return mtmsn, self._queue.popleft()

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        with self._lock:
            return len(self._queue)


class Sky:
    """Signal and chance. ``bars`` is the signal where there is a satellite."""

    def __init__(self, seed: int, rng: random.Random, faults: Faults, bars: int) -> None:
        self.bars = bars
        self.fates: deque[Fate] = deque()
        """How the next sessions end, before chance has its say."""
        self._random = rng
        self._failed_share = faults.failed_session
        self._coverage = Coverage(seed, faults.no_signal)

    def signal(self, now_s: float) -> int:
        """Bars, 0 to 5; 0 is no service."""
        return self.bars if self._coverage.there(now_s) else 0

    def fate(self, now_s: float) -> Fate:
        """How a session that begins now ends."""
        if self.fates:
            return self.fates.popleft()
        if self.signal(now_s) == 0:
            return Fate(32)
        if self._random.random() < self._failed_share:
            return Fate(self._random.choice(_FAILURES), arrives=self._random.random() < 0.3)
        return Fate(0)
