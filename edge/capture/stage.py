"""The capture stage: whatever the source gives is made durable before anything else happens."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress

from edge.capture.source import BurstSource, Growing
from edge.errors import IrbisError
from edge.listener import Listener
from edge.records import Burst
from edge.spool.card import CARD_FAILING
from edge.spool.errors import CardFailing, SpoolFull
from edge.spool.spool import Spool

POLL_S = 0.5
GROW_S = 2.0
"""What is taken is durable so soon, though its burst goes on: a power cut takes no more than that
(docs/power-cuts.md tells what it costs)."""
CAMERA, SENSOR, CARD_FULL = "camera", "sensor", "card-full"
"""Why nothing is caught, in a word."""

Watched = Callable[[str | None], None]
"""Is told at every step that capture watches (None), or why it does not. It must not wait."""


def _nobody(blind: str | None) -> None:
    pass


class CaptureStage:
    """Takes bursts from ``source`` into ``spool``.

    ``max_waiting`` holds a source that can wait (files) while that many bursts are unjudged; None
    for live sources, which never wait for inference. ``watched`` keeps account of when it watches.
    """

    def __init__(
        self,
        source: BurstSource,
        spool: Spool,
        listener: Listener,
        max_waiting: int | None = None,
        watched: Watched = _nobody,
    ) -> None:
        self._source = source
        self._spool = spool
        self._listener = listener
        self._max_waiting = max_waiting
        self._watched = watched
        self._in_hand: Burst | None = None
        self._bursts = 0
        self._blind: str | None = None
        self._full = self._refused = False
        self._growing = source if isinstance(source, Growing) else None
        self._grown_s = -math.inf

    @property
    def finished(self) -> bool:
        """Whether the source is exhausted and everything it gave is durable."""
        return self._in_hand is None and self._source.exhausted

    @property
    def holds_burst(self) -> bool:
        """Whether it holds a burst that is not durable yet."""
        return self._in_hand is not None

    @property
    def is_refused(self) -> bool:
        """Whether the card did not take that one when it was tried last."""
        return self._in_hand is not None and self._refused

    @property
    def bursts(self) -> int:
        """How many it has made durable."""
        return self._bursts

    def step(self) -> bool:
        """Bring at most one burst in; whether there was one."""
        if self._max_waiting is not None and self._spool.unjudged() >= self._max_waiting:
            return False
        if self._in_hand is None:
            self._grow()
        burst = self._in_hand or self._next()
        if burst is None:
            self._spool.room.relax()
            return False
        self._in_hand = burst  # kept until it is durable, whatever happens on the way
        try:
            admitted = self._spool.admit(burst)
        except SpoolFull as error:
            self._refused = True
            self._stop_for_room(error)
            return False
        except CardFailing:
            self._refused = True
            self._watched(CARD_FAILING)
            raise
        self._source.done_with(burst)
        self._in_hand = None
        self._bursts += 1
        self._full = self._refused = False
        self._watched(self._blind)  # a burst from before the camera failed does not mend it
        if admitted:
            self._listener.captured(burst)
        return True

    def _grow(self) -> None:
        """Make durable, now and then, what there is of a burst that is still being taken.

        What fails here is told when the burst is over, and is then tried again.
        """
        so_far = self._growing.so_far() if self._growing else None
        now_s = time.monotonic()
        if so_far is None:
            self._grown_s = now_s
        elif now_s >= self._grown_s + GROW_S:
            self._grown_s = now_s
            with suppress(SpoolFull, CardFailing):
                self._spool.grow(so_far)

    def _next(self) -> Burst | None:
        try:
            burst = self._source.next_burst(POLL_S)
        except (IrbisError, OSError) as error:
            self._blind = _word(error)
            self._watched(self._blind)
            raise
        if burst is None:
            self._blind = None
            self._watched(None)
        return burst

    def _stop_for_room(self, error: SpoolFull) -> None:
        self._watched(CARD_FULL)
        self._spool.room.rescue()
        if not self._full:
            self._listener.trouble(f"capture waits for room: {error}")
        self._full = True


def _word(error: Exception) -> str:
    from edge.capture.triggered import NoSensor

    return SENSOR if isinstance(error, NoSensor) else CAMERA
