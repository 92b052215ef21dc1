"""SIGUSR1 as the wish for a test shot."""

from __future__ import annotations

import signal
from queue import Empty, SimpleQueue


class ShotSignal:
    """From now on the signal asks for a burst; before, it would end the process. For the main
    thread."""

    def __init__(self) -> None:
        self._asked: SimpleQueue[int] = SimpleQueue()  # see StopSignals
        signal.signal(signal.SIGUSR1, lambda caught, _frame: self._asked.put(caught))

    def asked(self) -> bool:
        """Whether one was asked for; several at once are one."""
        asked = False
        while True:
            try:
                self._asked.get_nowait()
            except Empty:
                return asked
            asked = True
