"""What a cellular session carries: from the scheduler, until basecamp has acknowledged it.

It outlives the session: what had no answer in one goes again in the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from edge.listener import Listener
from edge.records import ItemKind
from edge.security.envelope import seal_steadily
from edge.spool.errors import SpoolFull
from edge.spool.items import OutboxItem
from edge.spool.spool import Spool
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.schedule.choose import Decision
from edge.uplink.schedule.situation import Form
from edge.wire.message import Message, encode_message
from edge.wire.sealing import Identity

NAME = "cellular"


@dataclass(frozen=True, slots=True)
class Load:
    """An item, and the message that brings it to basecamp."""

    decision: Decision
    item: OutboxItem
    data: bytes = field(repr=False)

    @property
    def is_alert(self) -> bool:
        return self.decision.offer.is_alert

    @property
    def portion_bytes(self) -> int:
        """How much of it the scheduler wants to go now. It takes evidence for as long as it lies on
        the card; sealed once more it is a little longer."""
        offer = self.decision.offer
        is_all = offer.portion_bytes >= offer.candidate.sizes[Form.MESSAGE]
        return len(self.data) if is_all else offer.portion_bytes


class Outgoing:
    """For one thread; ``refused`` may be read from any. An answer takes ``answer_s``."""

    def __init__(
        self,
        spool: Spool,
        identity: Identity,
        dispatcher: Dispatcher,
        listener: Listener,
        answer_s: float,
    ) -> None:
        self._spool = spool
        self._identity = identity
        self._dispatcher = dispatcher
        self._listener = listener
        self._answer_s = answer_s
        self._unanswered: set[bytes] = set()  # when the last session ended
        self._unreleased: list[bytes] = []  # acknowledged, but the card had no room to note it
        self._given_up: frozenset[bytes] = frozenset()  # until the next session
        self._sealed: tuple[bytes, bytes] | None = None  # the evidence that goes in parts
        self.under_way: set[bytes] = set()
        self.sent = 0
        self.acknowledged = 0
        self.parts = 0
        """Of larger items, in this session."""
        self.failures = 0
        """Tries of this session that came to nothing."""

    @property
    def refused(self) -> frozenset[bytes]:
        """What must not be given to this link now."""
        return self._given_up.union(self._unreleased)

    @property
    def awaits_answers(self) -> bool:
        """Whether the last session ended without an answer to all that it sent."""
        return bool(self._unanswered)

    def begin(self) -> None:
        """A session begins."""
        self._given_up = frozenset()  # the server may take more now
        self.sent = self.acknowledged = self.parts = self.failures = 0

    def catch_up(self) -> None:
        """What was not answered in the last session, not even as this one began, is lost."""
        self._dispatcher.lost(self._unanswered)
        self._unanswered.clear()

    def next(self, most_bytes: int | None = None) -> Load | None:
        """What the scheduler gives to this link; None where that is nothing now. With
        ``most_bytes``, what would be uploaded for its size is left for the next session."""
        while (decision := self._dispatcher.next_for(NAME)) is not None:
            item = self._spool.outbox.item(decision.offer.candidate.item_id)
            if item is None:
                continue  # acknowledged just now
            if most_bytes is not None and is_uploaded(item, most_bytes):
                self._given_up |= {item.item_id}
                continue
            try:
                return Load(decision, item, self._message(item))
            except FileNotFoundError as error:
                self.give_up(decision, item, error)
        return None

    def put_back(self) -> None:
        """What was given last does not go now: another link may have it."""
        self._dispatcher.put_back(NAME)

    def went(self, load: Load) -> None:
        """All of it is out, and an answer is awaited."""
        self._dispatcher.carried(_whole(load.decision), self._answer_s)
        self.under_way.add(load.item.item_id)
        self.sent += 1
        self._listener.sent(load.item.kind, load.item.burst_id, len(load.data))

    def part_went(self, load: Load) -> None:
        """Basecamp has a part of it more; the rest is to follow."""
        self._dispatcher.carried(load.decision, self._answer_s)
        self.parts += 1

    def cut(self) -> None:
        """A try broke off; it may go on at once."""
        self.failures += 1

    def give_up(self, decision: Decision, item: OutboxItem, error: Exception) -> None:
        """It cannot go in this session; it stays queued. What is refused again and again is tried
        ever more seldom, like what has no answer: each try costs a session."""
        self.failures += 1
        self._given_up |= {item.item_id}
        self._dispatcher.carried(_whole(decision), self._answer_s)
        self._listener.trouble(f"{item.kind} of burst {item.burst_id} cannot be sent: {error}")

    def broke(self) -> None:
        """The connection broke: what left before may be lost."""
        self._dispatcher.lost(self.under_way)
        self.under_way.clear()

    def take(self, item_ids: list[bytes]) -> None:
        """Basecamp has stored these."""
        self._unreleased += item_ids
        if not self._unreleased:
            return
        try:
            released = self._spool.outbox.acknowledge(self._unreleased)
        except SpoolFull:
            # Too full even to delete. What is acknowledged is remembered, not sent again.
            self.make_room()
            return
        self._dispatcher.answered(self._unreleased)
        for item_id in self._unreleased:
            if item_id in self.under_way:
                self.under_way.discard(item_id)
                self._dispatcher.outcome(NAME, arrived=True)
        self._unanswered.difference_update(self._unreleased)
        self._unreleased.clear()
        self.acknowledged += len(released)
        for item in released:
            self._listener.acknowledged(item.kind, item.burst_id)

    def make_room(self) -> None:
        """The card is full to its last byte, and only what is sent can be let go of."""
        self._spool.room.rescue()

    def end(self) -> None:
        """The session is over. What had no answer begins no session of its own before an answer
        was due; in the next one it goes at once."""
        for _ in self.under_way:
            self._dispatcher.outcome(NAME, arrived=False)
        self._unanswered |= self.under_way
        self.under_way.clear()
        self._sealed = None
        self.put_back()

    def _message(self, item: OutboxItem) -> bytes:
        if item.payload is not None:
            return item.payload
        if self._sealed is None or self._sealed[0] != item.item_id:
            self._sealed = item.item_id, self._sealed_evidence(item)
        return self._sealed[1]

    def _sealed_evidence(self, item: OutboxItem) -> bytes:
        """The burst's evidence, sealed as it was at every try before. Raises FileNotFoundError."""
        assert item.burst_id is not None
        identity = self._identity
        evidence = self._spool.evidence(item.burst_id)
        message = Message(identity.station, item.item_id, ItemKind.EVIDENCE, evidence)
        return seal_steadily(encode_message(message), identity.key, identity.basecamp)


def is_uploaded(item: OutboxItem, publish_bytes: int) -> bool:
    """Whether it goes as an upload, for it is large and may be cut."""
    return item.payload is None or len(item.payload) > publish_bytes


def _whole(decision: Decision) -> Decision:
    """The decision to send all of the item."""
    offer = decision.offer
    size_bytes = offer.candidate.sizes[Form.MESSAGE]
    return replace(decision, offer=replace(offer, portion_bytes=size_bytes))
