"""The loops of a station: started, watched by what they get done, and stopped together."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from edge.errors import IrbisError
from edge.health.patience import patience_of
from edge.health.progress import Patience, Progress
from edge.spool.errors import CardFailing, SpoolDamaged
from edge.worker import Worker

QUIET_S = 1800.0
"""A card that failed a loop within this time still has the same fault; some loops write seldom."""
SELDOM = frozenset(
    ("call", "clock", "effort", "energy", "heartbeat", "lately", "lens-alarms", "power",
     "safe-mode", "selftest", "status", "telemetry")
)  # fmt: skip
"""Loops that have something to do every few seconds at the most, and that no animal waits for."""
SELDOM_S = 1.0
"""Between two of their looks: each wakes the processor, five times as often for nothing else."""


class Loops:
    """Each a thread of its own. ``on_trouble`` hears once of what goes wrong in one of them; of a
    card that takes no writes once from all of them. ``clock`` is one in s that nobody sets.

    ``progress`` is what a watchdog looks at; ``failure`` what ended a loop for good: a damaged
    database, which a new process sets aside.
    """

    def __init__(
        self, on_trouble: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._on_trouble, self._clock = on_trouble, clock
        self._card_lock = threading.Lock()
        self._card_failed_s = -math.inf
        self._card_texts: set[str] = set()
        self._workers: list[Worker] = []
        self.progress = Progress()
        self.failure: IrbisError | None = None

    def start(self, name: str, step: Callable[[], bool], patience: Patience | None = None) -> None:
        """Repeat ``step``, and expect progress of it from now on."""
        pulse = self.progress.expect(name, patience or patience_of(name))
        minded = self._minding_the_card(step)
        idle_s = SELDOM_S if name in SELDOM else None
        worker = Worker(name, minded, self._tell, (SpoolDamaged,), self._fail, pulse, idle_s)
        self._workers.append(worker)
        worker.start()

    def stop(self) -> None:
        """End each after its present step, in the order in which they were started: from now on
        nothing is caught, then nothing is judged, and what was committed may still be sent."""
        for worker in self._workers:
            worker.stop()

    def alive(self) -> bool:
        """Whether every loop gets on: what a watchdog is told, the controller's as systemd's."""
        return self.failure is None and not self.progress.stalls()

    def _minding_the_card(self, step: Callable[[], bool]) -> Callable[[], bool]:
        def minded() -> bool:
            try:
                return step()
            except CardFailing as error:
                self._card_fails(str(error))
                raise

        return minded

    def _card_fails(self, text: str) -> None:
        with self._card_lock:
            now_s = self._clock()
            is_new = now_s - self._card_failed_s >= QUIET_S
            self._card_failed_s = now_s
            self._card_texts.add(text)
        if is_new:
            self._on_trouble(text)

    def _tell(self, text: str) -> None:
        if text not in self._card_texts:
            self._on_trouble(text)

    def _fail(self, error: IrbisError) -> None:
        self.failure = self.failure or error
