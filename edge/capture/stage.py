"""The capture stage: whatever the source gives is made durable before anything else happens."""

from __future__ import annotations

from edge.capture.source import BurstSource
from edge.listener import Listener
from edge.records import Burst
from edge.spool.errors import SpoolFull
from edge.spool.spool import Spool

POLL_S = 0.5


class CaptureStage:
    """Takes bursts from ``source`` into ``spool``.

    ``max_waiting`` holds a source that can wait (files) while that many bursts are unjudged; None
    for live sources, which never wait for inference.
    """

    def __init__(
        self, source: BurstSource, spool: Spool, listener: Listener, max_waiting: int | None = None
    ) -> None:
        self._source = source
        self._spool = spool
        self._listener = listener
        self._max_waiting = max_waiting
        self._in_hand: Burst | None = None
        self._full = False

    @property
    def finished(self) -> bool:
        """Whether the source is exhausted and everything it gave is durable."""
        return self._in_hand is None and self._source.exhausted

    def step(self) -> bool:
        """Bring at most one burst in; whether there was one."""
        if self._max_waiting is not None and self._spool.unjudged() >= self._max_waiting:
            return False
        burst = self._in_hand or self._source.next_burst(POLL_S)
        if burst is None:
            self._spool.room.relax()
            return False
        self._in_hand = burst  # kept until it is durable, whatever happens on the way
        try:
            admitted = self._spool.admit(burst)
        except SpoolFull as error:
            self._stop_for_room(error)
            return False
        self._source.done_with(burst)
        self._in_hand = None
        self._full = False
        if admitted:
            self._listener.captured(burst)
        return True

    def _stop_for_room(self, error: SpoolFull) -> None:
        self._spool.room.rescue()
        if not self._full:
            self._listener.trouble(f"capture waits for room: {error}")
        self._full = True
