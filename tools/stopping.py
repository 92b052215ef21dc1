"""Ctrl-C and SIGTERM as something to wait for."""

from __future__ import annotations

import signal
from queue import Empty, SimpleQueue


class StopSignals:
    """From now on both signals only say that it is time to stop. For the main thread.

    A queue, because it may be put to at any instant: an Event that is set by a signal while it is
    being waited on locks the process up for good.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[int] = SimpleQueue()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda caught, _frame: self._asked.put(caught))

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until a signal comes, or for ``timeout_s``; whether one came."""
        try:
            self._asked.put(self._asked.get(timeout=timeout_s))
        except Empty:
            return False
        return True
