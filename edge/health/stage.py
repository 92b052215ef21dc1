"""The heartbeat stage: queues a record of how the station is, again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from edge import __version__
from edge.health.beats import Beats
from edge.health.clock import ClockState, system_clock
from edge.health.vitals import read_vitals
from edge.records import Heartbeat, ItemKind, Vitals
from edge.spool.errors import CardFailing
from edge.spool.items import OutboxItem, Priority
from edge.spool.spool import Spool
from edge.times import to_epoch_ms
from edge.wire.heartbeat import encode_heartbeat
from edge.wire.message import item_id
from edge.wire.sealing import Identity


class HeartbeatStage:
    """Queues a heartbeat at once and then every ``every_s``; an unsent one is replaced.

    ``counters`` gives what others count, by name, beside the spool's own counters; a name of the
    spool's stays the spool's. ``vitals`` and ``clock`` are what measures best on this board.
    ``beats``, where the station is woken for each event, holds back what was said in an earlier
    wake.
    """

    def __init__(
        self,
        spool: Spool,
        identity: Identity,
        every_s: float,
        counters: Callable[[], Mapping[str, int]] = dict,
        vitals: Callable[[], Vitals] = read_vitals,
        clock: Callable[[], ClockState] = system_clock,
        beats: Beats | None = None,
    ) -> None:
        self._spool, self._beats = spool, beats
        self._counters, self._vitals, self._clock = counters, vitals, clock
        self._identity = identity
        self._every_s = every_s
        self._started = time.monotonic()
        self._due = self._started
        self._alarms: dict[str, str] = {}
        self.unwritten: OutboxItem | None = None
        """The latest news of alarms where the card takes nothing: for a link that can carry it from
        memory. None while what is queued is written."""
        self._unwritten: dict[str, str] = {}

    def step(self) -> bool:
        """Queue a heartbeat if one is due or an alarm came or went; whether one was queued."""
        if not self._is_due():
            return False
        self.beat()
        self._due = time.monotonic() + self._every_s
        return True

    def beat(self) -> None:
        """Queue a heartbeat now. Raises SpoolFull."""
        alarms = self._spool.ledger.alarms()
        item = self.sealed()
        try:
            self._spool.outbox.replace_heartbeat(item)
        except CardFailing:
            told = self._spool.ledger.alarms()  # with the card's own, which may be new just now
            if self.unwritten is None or told != self._unwritten:
                self._unwritten, self.unwritten = told, item
            raise
        self.unwritten = None
        self._alarms = alarms  # told only now: a full card may have refused the heartbeat
        if self._beats is not None:
            self._beats.said(alarms)

    def sealed(self) -> OutboxItem:
        """How the station is now, as it goes to basecamp; it is queued nowhere."""
        heartbeat = self.read()
        name = item_id(self._identity.station, ItemKind.HEARTBEAT, to_epoch_ms(heartbeat.sent_at))
        sealed = self._identity.seal(name, ItemKind.HEARTBEAT, encode_heartbeat(heartbeat))
        return OutboxItem(name, ItemKind.HEARTBEAT, Priority.HEARTBEAT, None, sealed)

    def _is_due(self) -> bool:
        alarms = self._spool.ledger.alarms()
        if self._beats is not None:
            return self._beats.due_in_s(alarms) <= 0
        return time.monotonic() >= self._due or alarms != self._alarms

    def read(self) -> Heartbeat:
        """How the station is now."""
        alarms = self._spool.ledger.alarms()
        clock = self._clock()
        counters = {**self._counters(), **self._spool.ledger.counters()}
        return Heartbeat(
            station=self._identity.station,
            sent_at=clock.now(),
            clock=clock.quality,
            uptime_s=int(time.monotonic() - self._started),
            software=__version__,
            counters=tuple(sorted(counters.items())),
            outbox_items=self._spool.outbox.state().items,
            unjudged_bursts=self._spool.unjudged(),
            free_bytes=self._spool.room.free_bytes(),
            alarms=tuple(f"{name}: {text}" for name, text in alarms.items()),
            vitals=self._vitals(),
        )
