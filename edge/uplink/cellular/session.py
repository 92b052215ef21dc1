"""One cellular session: connect, bring the best of the outbox to basecamp, and switch off again.

Sightings, alerts and heartbeats go over MQTT, larger things as resumable uploads. What releases an
item is basecamp's signed acknowledgement, whichever way it comes; what has none when the session
ends stays queued, and the next session goes on with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from edge.listener import Listener
from edge.records import ItemKind
from edge.security.envelope import open_acknowledgement
from edge.security.errors import SealError
from edge.spool.errors import SpoolFull
from edge.spool.items import OutboxItem
from edge.spool.spool import Spool
from edge.uplink.cellular.bearer import Bearer
from edge.uplink.cellular.budget import CONNECT_BYTES, DataBudget
from edge.uplink.cellular.errors import DataSpent, UploadCut, UploadRefused
from edge.uplink.cellular.meter import Meter
from edge.uplink.cellular.steady import seal_steadily
from edge.uplink.cellular.tus import TusClient
from edge.uplink.errors import TooLarge
from edge.uplink.link import Link
from edge.wire.errors import WireError
from edge.wire.message import Message, decode_acknowledgement, encode_message
from edge.wire.sealing import Identity

_PUBLISH_BYTES = 400
"""A PUBLISH's head and PUBACK, and the acknowledgement that comes back with its PUBACK."""
_POLL_S = 0.25
_CUTS = 3
"""Uploads that break in one session; then the cell is left in peace."""

MakeUploads = Callable[[Callable[[int], None]], TusClient]
"""Makes the upload client, given what it asks before each request."""


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """How long and how much. ``most_bytes`` 0: as much as the budget has. Items above
    ``publish_bytes`` are uploaded, for they may be cut; smaller ones are cheaper over MQTT."""

    most_bytes: int = 0
    duration_s: float = 900.0
    connect_s: float = 60.0
    acknowledge_s: float = 60.0
    publish_bytes: int = 2048


@dataclass(frozen=True, slots=True)
class SessionReport:
    """What a session did; ``ended`` says why it ended, for a person."""

    sent: int
    acknowledged: int
    used_bytes: int
    ended: str


class CellularSession:
    """Runs one session after another, each when it is told to. For one thread."""

    def __init__(
        self,
        spool: Spool,
        identity: Identity,
        bearer: Bearer,
        make_link: Callable[[], Link],
        make_uploads: MakeUploads,
        budget: DataBudget,
        terms: SessionTerms,
        listener: Listener,
    ) -> None:
        self._spool = spool
        self._identity = identity
        self._bearer = bearer
        self._make_link = make_link
        self._make_uploads = make_uploads
        self._budget = budget
        self._terms = terms
        self._listener = listener

    def run(self) -> SessionReport:
        """Bring what the time and the budget allow.

        Raises BearerError where there is no connection, DataSpent where not even connecting fits.
        """
        # Before the modem is switched on: that alone costs energy, and in the end data.
        left = self._budget.state().left_bytes
        if left is not None and left < CONNECT_BYTES:
            raise DataSpent("the data budget leaves no room for a session; it waits for the next")
        meter = Meter(self._budget, self._bearer.used_bytes, self._terms.most_bytes)
        with ExitStack() as ending:
            ending.callback(self._bearer.down)
            self._bearer.up()
            ending.callback(meter.settle)
            link = self._make_link()
            ending.callback(link.close)
            uploads = self._make_uploads(meter.spend)
            ending.callback(uploads.close)
            flush = _Flush(
                self._spool, self._identity, link, uploads, meter, self._terms, self._listener
            )
            ended = flush.run()
            return SessionReport(flush.sent, flush.acknowledged, meter.used_bytes, ended)


class _Flush:
    """The middle of one session: everything is connected."""

    def __init__(
        self,
        spool: Spool,
        identity: Identity,
        link: Link,
        uploads: TusClient,
        meter: Meter,
        terms: SessionTerms,
        listener: Listener,
    ) -> None:
        self._spool = spool
        self._identity = identity
        self._link = link
        self._uploads = uploads
        self._meter = meter
        self._terms = terms
        self._listener = listener
        self._under_way: set[bytes] = set()
        self._given_up: set[bytes] = set()  # in this session
        self._unreleased: list[bytes] = []  # acknowledged, but the card had no room to note it
        self._cuts = 0
        self.sent = 0
        self.acknowledged = 0

    def run(self) -> str:
        """Send until nothing is left, or nothing may be sent any more; why it ended."""
        end_s = time.monotonic() + self._terms.duration_s
        try:
            ended = self._connect() or self._send_all(end_s)
        except DataSpent as spent:
            ended = str(spent)
        self._await_acknowledgements()
        return ended

    def _connect(self) -> str | None:
        self._meter.spend(CONNECT_BYTES)
        end_s = time.monotonic() + self._terms.connect_s
        while self._link.generation == 0:
            if time.monotonic() > end_s:
                return f"no broker within {self._terms.connect_s:.0f} s"
            self._poll(_POLL_S)
        return None

    def _send_all(self, end_s: float) -> str:
        while self._cuts < _CUTS:
            if time.monotonic() > end_s:
                return f"its {self._terms.duration_s:.0f} s are over"
            item = self._next()
            if item is None:
                return "nothing is left"
            self._send(item)
            self._poll(0.0)
        return "the connection broke again and again"

    def _next(self) -> OutboxItem | None:
        busy = {*self._under_way, *self._given_up, *self._unreleased}
        return next(iter(self._spool.outbox.next_items(1, busy)), None)

    def _send(self, item: OutboxItem) -> None:
        """One item on its way. Raises DataSpent."""
        try:
            data = item.payload if item.payload is not None else self._sealed_evidence(item)
            if item.kind is not ItemKind.EVIDENCE and len(data) <= self._terms.publish_bytes:
                self._publish(item, data)
            else:
                self._upload(item, data)
        except UploadCut as cut:
            self._cuts += 1
            self._listener.link(f"{cut}; everything is kept, and tried again")
        except (TooLarge, UploadRefused, FileNotFoundError) as error:
            self._given_up.add(item.item_id)
            self._listener.trouble(f"{item.kind} of burst {item.burst_id} cannot be sent: {error}")

    def _publish(self, item: OutboxItem, data: bytes) -> None:
        self._meter.spend(len(data) + _PUBLISH_BYTES)
        if not self._link.send(data):
            raise UploadCut("the broker cannot take more now")
        self._note_sent(item, data)

    def _upload(self, item: OutboxItem, data: bytes) -> None:
        uploaded = self._uploads.upload(data)
        self._note_sent(item, data)
        if uploaded.acknowledgement is not None:
            self._released(self._named_in(uploaded.acknowledgement))

    def _note_sent(self, item: OutboxItem, data: bytes) -> None:
        self._under_way.add(item.item_id)
        self.sent += 1
        self._listener.sent(item.kind, item.burst_id, len(data))

    def _sealed_evidence(self, item: OutboxItem) -> bytes:
        """The burst's evidence, sealed as it was at every try before."""
        assert item.burst_id is not None
        identity = self._identity
        evidence = self._spool.evidence(item.burst_id)
        message = Message(identity.station, item.item_id, ItemKind.EVIDENCE, evidence)
        return seal_steadily(encode_message(message), identity.key, identity.basecamp)

    def _named_in(self, acknowledgement: bytes) -> list[bytes]:
        identity = self._identity
        try:
            body = open_acknowledgement(acknowledgement, identity.station, identity.basecamp)
            return decode_acknowledgement(body)
        except (SealError, WireError) as error:
            self._listener.trouble(
                f"an acknowledgement that is not basecamp's was ignored: {error}"
            )
            return []

    def _poll(self, timeout_s: float) -> None:
        generation = self._link.generation
        self._released(self._link.poll(timeout_s))
        if generation not in (0, self._link.generation):
            self._under_way.clear()  # what left before the link came up anew may be lost

    def _released(self, item_ids: list[bytes]) -> None:
        self._unreleased += item_ids
        if not self._unreleased:
            return
        try:
            released = self._spool.outbox.acknowledge(self._unreleased)
        except SpoolFull:
            self._spool.room.rescue()
            return
        self._under_way.difference_update(self._unreleased)
        self._unreleased.clear()
        self.acknowledged += len(released)
        for item in released:
            self._listener.acknowledged(item.kind, item.burst_id)

    def _await_acknowledgements(self) -> None:
        end_s = time.monotonic() + self._terms.acknowledge_s
        while self._under_way and time.monotonic() < end_s:
            self._poll(_POLL_S)
