"""The uplink stage: the outbox in its order over one link, until basecamp has acknowledged."""

from __future__ import annotations

import time

from edge.listener import Listener
from edge.records import ItemKind
from edge.spool.errors import SpoolFull
from edge.spool.items import OutboxItem
from edge.spool.spool import Spool
from edge.uplink.errors import TooLarge
from edge.uplink.link import Link
from edge.wire.sealing import Identity

POLL_S = 0.25
MAX_PATIENCE_S = 3600.0
"""Longest wait for an acknowledgement: while basecamp is away, resending only costs power."""


class UplinkStage:
    """Keeps up to ``window`` items under way and sends again what stays unacknowledged for
    ``ack_timeout_s``, then for twice as long, up to MAX_PATIENCE_S, until something is
    acknowledged. What is under way is known in memory alone: after a restart everything is sent
    again, and basecamp stores it once."""

    def __init__(
        self,
        spool: Spool,
        link: Link,
        identity: Identity,
        listener: Listener,
        window: int,
        ack_timeout_s: float,
    ) -> None:
        self._spool = spool
        self._link = link
        self._identity = identity
        self._listener = listener
        self._window = window
        self._ack_timeout_s = self._patience_s = ack_timeout_s
        self._generation = 0
        self._under_way: dict[bytes, float] = {}
        self._silent = False
        self._tried: set[bytes] = set()  # unanswered in this round
        self._unsendable: set[bytes] = set()
        self._unreleased: list[bytes] = []  # acknowledged, but the card had no room to note it

    def step(self) -> bool:
        """Send what the window allows, take what was acknowledged; whether anything moved."""
        self._forget_lost()
        sent = self._fill_window()
        acknowledged = self._link.poll(POLL_S)
        self._unreleased += acknowledged
        if self._unreleased:
            self._release()
        return sent or bool(acknowledged)

    def close(self) -> None:
        self._link.close()

    def _forget_lost(self) -> None:
        """What left before the link came up anew, or too long ago, is no longer under way."""
        if self._link.generation != self._generation:
            self._generation = self._link.generation
            self._under_way.clear()
            self._patience_s = self._ack_timeout_s
            self._tried.clear()
            self._unsendable.clear()  # the broker may take more now
        oldest = time.monotonic() - self._patience_s
        late = {item_id for item_id, at in self._under_way.items() if at <= oldest}
        if late:
            self._tell_of_silence()
            self._patience_s = max(self._patience_s, min(2 * self._patience_s, MAX_PATIENCE_S))
        self._tried |= late
        for item_id in late:
            del self._under_way[item_id]

    def _tell_of_silence(self) -> None:
        """Once for each silence: a technician must not leave a station that nobody answers."""
        if not self._silent:
            self._silent = True
            self._listener.trouble(
                f"connected, but basecamp has acknowledged nothing for {self._patience_s:.0f} s:"
                " does it run, is this station enrolled there (irbis basecamp enrol), and is"
                " [station] basecamp its token?"
            )

    def _fill_window(self) -> bool:
        room = self._window - len(self._under_way)
        if room <= 0 or self._generation == 0:
            return False
        sent = False
        for item in self._next_items(room):
            if not self._send(item):
                break
            sent = True
        return sent

    def _next_items(self, room: int) -> list[OutboxItem]:
        """Best first, but what stayed unanswered only after everything else had its turn.

        Items that basecamp will never take (sealed to a key that was exchanged since) would
        otherwise fill the window for good, and no leopard behind them would leave the station.
        """
        busy = {*self._under_way, *self._unsendable, *self._unreleased}
        items = self._spool.outbox.next_items(room, busy | self._tried)
        if not items and self._tried:
            self._tried.clear()
            items = self._spool.outbox.next_items(room, busy)
        return items

    def _send(self, item: OutboxItem) -> bool:
        """Hand one item to the link; whether the link can take more."""
        try:
            data = item.payload if item.payload is not None else self._sealed_evidence(item)
            if not self._link.send(data):
                return False
        except (TooLarge, FileNotFoundError) as error:
            self._unsendable.add(item.item_id)
            self._listener.trouble(f"{item.kind} of burst {item.burst_id} cannot be sent: {error}")
            return True
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
        for item_id in self._unreleased:
            self._under_way.pop(item_id, None)
        self._unreleased.clear()
        self._patience_s = self._ack_timeout_s
        self._silent = False
        for item in released:
            self._listener.acknowledged(item.kind, item.burst_id)
