"""The uplink stage: what the scheduler gives to one link, until basecamp has acknowledged it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from edge.listener import Listener
from edge.records import ItemKind
from edge.spool.errors import SpoolFull
from edge.spool.items import OutboxItem
from edge.spool.spool import Spool
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.errors import TooLarge
from edge.uplink.link import Link
from edge.uplink.schedule.situation import Candidate, Form, LinkState
from edge.uplink.schedule.values import ValueClass
from edge.wire.sealing import Identity

POLL_S = 0.25
NAME = "mqtt"


class UplinkStage:
    """A network without a bill, over MQTT: a Carrier.

    Up to ``window`` items are under way; what stays unacknowledged for ``ack_timeout_s`` gives up
    its place, and the scheduler decides when it is sent again. When the link came up anew, all that
    was under way is sent again; basecamp stores it once. ``unwritten`` gives a message that the
    card did not take, and that goes from memory.
    """

    name = NAME

    def __init__(
        self,
        spool: Spool,
        link: Link,
        identity: Identity,
        listener: Listener,
        dispatcher: Dispatcher,
        window: int,
        ack_timeout_s: float,
        unwritten: Callable[[], OutboxItem | None] = lambda: None,
    ) -> None:
        self._spool = spool
        self._link = link
        self._identity = identity
        self._listener = listener
        self._dispatcher = dispatcher
        self._window = window
        self._ack_timeout_s = ack_timeout_s
        self._generation = 0
        self._under_way: dict[bytes, float] = {}
        self._unanswered: set[bytes] = set()
        self._silent = False
        self._heard = False  # since this process began
        self._full = False  # the link could take no more when it was asked last
        self._refused: frozenset[bytes] = frozenset()
        self._unwritten = unwritten
        self._told: bytes | None = None  # of those, what basecamp has
        self._unreleased: list[bytes] = []  # acknowledged, but the card had no room to note it
        dispatcher.join(self)

    def step(self) -> bool:
        """Send what the window allows, take what was acknowledged; whether anything moved."""
        self._full = False
        self._forget_lost()
        sent = self._fill_window()
        acknowledged = self._link.poll(POLL_S)
        self._unreleased += acknowledged
        if self._unreleased:
            self._release()
        return sent or bool(acknowledged)

    def close(self) -> None:
        self._link.close()

    def link(self) -> LinkState:
        down = None if self._link.is_up else "the broker is not connected"
        busy = self._full or len(self._under_way) >= self._window
        refused = self._refused.union(self._unreleased)
        return LinkState(NAME, Form.MESSAGE, down=down, ready_in_s=float(busy), refused=refused)

    def own(self, now_s: float) -> Sequence[Candidate]:
        item = self._unwritten()
        if item is None or item.payload is None or item.item_id == self._told:
            return ()
        sizes = {Form.MESSAGE: len(item.payload)}
        kind = ValueClass.TELEMETRY
        return (Candidate(item.item_id, item.kind, kind, now_s, now_s, sizes, only=NAME),)

    def _forget_lost(self) -> None:
        """What left before the link came up anew, or too long ago, is no longer under way."""
        if self._link.generation != self._generation:
            self._generation = self._link.generation
            self._dispatcher.lost({*self._under_way, *self._unanswered})
            self._under_way.clear()
            self._unanswered.clear()
            self._refused = frozenset()  # the broker may take more now
        oldest = time.monotonic() - self._ack_timeout_s
        for item_id in [one for one, at in self._under_way.items() if at <= oldest]:
            del self._under_way[item_id]
            self._unanswered.add(item_id)
            self._dispatcher.outcome(NAME, arrived=False)
            self._tell_of_silence()

    def _tell_of_silence(self) -> None:
        """Once for each silence: a technician must not leave a station that nobody answers."""
        if not self._silent:
            self._silent = True
            self._listener.trouble(
                f"connected, but basecamp has acknowledged nothing for {self._ack_timeout_s:.0f} s:"
                " does it run, is this station enrolled there (irbis basecamp enrol), and is"
                " [station] basecamp its token?"
            )

    def _fill_window(self) -> bool:
        """Whether anything was sent."""
        sent = False
        while len(self._under_way) < self._window and not self._full:
            decision = self._dispatcher.next_for(NAME)
            if decision is None:
                break
            item = self._item(decision.offer.candidate.item_id)
            if item is None or item.item_id in self._under_way:
                break  # acknowledged just now, or about to be
            if self._send(item):
                self._dispatcher.carried(decision, self._ack_timeout_s)
                sent = True
            else:
                self._dispatcher.put_back(NAME)  # another link may be able to
        return sent

    def _item(self, item_id: bytes) -> OutboxItem | None:
        unwritten = self._unwritten()
        if unwritten is not None and unwritten.item_id == item_id:
            return unwritten
        return self._spool.outbox.item(item_id)

    def _send(self, item: OutboxItem) -> bool:
        """Hand one item to the link; whether it took it."""
        try:
            data = item.payload if item.payload is not None else self._sealed_evidence(item)
            if not self._link.send(data):
                self._full = True
                return False
        except (TooLarge, FileNotFoundError) as error:
            self._refused |= {item.item_id}
            self._listener.trouble(f"{item.kind} of burst {item.burst_id} cannot be sent: {error}")
            return False
        self._under_way[item.item_id] = time.monotonic()
        self._listener.sent(item.kind, item.burst_id, len(data))
        return True

    def _sealed_evidence(self, item: OutboxItem) -> bytes:
        """The burst's evidence file, which this station can forward but not read."""
        assert item.burst_id is not None
        evidence = self._spool.evidence(item.burst_id)
        return self._identity.seal(item.item_id, ItemKind.EVIDENCE, evidence)

    def _release(self) -> None:
        try:
            released = self._spool.outbox.acknowledge(self._unreleased)
        except SpoolFull:
            # Too full even to delete. What is acknowledged is remembered, not sent again.
            self._spool.room.rescue()
            return
        unwritten = self._unwritten()
        if unwritten is not None and unwritten.item_id in self._unreleased:
            self._told = unwritten.item_id
        self._dispatcher.answered(self._unreleased)
        for item_id in self._unreleased:
            if self._under_way.pop(item_id, None) is not None:
                self._dispatcher.outcome(NAME, arrived=True)
        self._unreleased.clear()
        self._silent = False
        if self._unanswered or not self._heard:
            # Basecamp is there again: what it did not answer, also before a reboot, need not wait.
            self._dispatcher.heard(NAME, self._under_way.keys())
            self._unanswered.clear()
            self._heard = True
        for item in released:
            self._listener.acknowledged(item.kind, item.burst_id)
