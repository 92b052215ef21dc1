"""One cellular session: connect, bring what the scheduler gives to basecamp, and switch off again.

Sightings, alerts and heartbeats go over MQTT, larger things as resumable uploads, part by part, so
that an alert need not wait for the end of one. What releases an item is basecamp's signed
acknowledgement, whichever way it comes; what has none when the session ends stays queued.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from edge.listener import Listener
from edge.records import ItemKind
from edge.security.envelope import open_acknowledgement
from edge.security.errors import SealError
from edge.uplink.cellular.bearer import Bearer
from edge.uplink.cellular.budget import CONNECT_BYTES, DataBudget, on_the_network
from edge.uplink.cellular.errors import DataSpent, SessionSpent, UploadCut, UploadRefused
from edge.uplink.cellular.line import BrokerLink, Line
from edge.uplink.cellular.meter import Meter
from edge.uplink.cellular.outgoing import Load, Outgoing
from edge.uplink.cellular.tus import TusClient
from edge.uplink.errors import TooLarge
from edge.wire.errors import WireError
from edge.wire.message import decode_acknowledgement
from edge.wire.sealing import Identity

PUBLISH_BYTES = 400
"""A PUBLISH's head and PUBACK, and the acknowledgement that comes back with its PUBACK."""
_POLL_S = 0.25
_GREETING_S = 1.0
"""So long a broker may take for the last of the acknowledgements that it kept for us; most come
before it listens."""
_CUTS = 3
"""Connections that break in one session; then the cell is left in peace."""

MakeUploads = Callable[[Callable[[int], None]], TusClient]
"""Makes the upload client, given what it asks before each request."""


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """How long and how much. ``most_bytes`` 0: as much as the budget has. Items above
    ``publish_bytes`` are uploaded, for they may be cut; smaller ones are cheaper over MQTT.
    ``pause_s`` lies between two tries to reach the broker."""

    most_bytes: int = 0
    duration_s: float = 900.0
    connect_s: float = 60.0
    acknowledge_s: float = 60.0
    pause_s: float = 5.0
    publish_bytes: int = 2048


@dataclass(frozen=True, slots=True)
class SessionReport:
    """What a session did; ``parts`` are those of larger items. ``ended`` says why it ended, for a
    person; ``spent``, whether the data budget ended it."""

    sent: int
    acknowledged: int
    parts: int
    used_bytes: int
    ended: str
    connected: bool = True
    spent: bool = False

    @property
    def came_to_nothing(self) -> bool:
        """Whether the next one would better wait."""
        moved = self.acknowledged or self.parts
        return not self.connected or (self.sent > 0 and not moved)


class CellularSession:
    """Runs one session after another, each when it is told to. For one thread, but for ``is_up``.
    Without ``make_uploads`` everything is published. Once ``stopping`` is set a session ends
    soon."""

    def __init__(
        self,
        outgoing: Outgoing,
        identity: Identity,
        bearer: Bearer,
        make_link: Callable[[], BrokerLink],
        make_uploads: MakeUploads | None,
        budget: DataBudget,
        terms: SessionTerms,
        listener: Listener,
        stopping: threading.Event | None = None,
    ) -> None:
        self._outgoing = outgoing
        self._identity = identity
        self._bearer = bearer
        self._make_link = make_link
        self._make_uploads = make_uploads
        self._budget = budget
        self._terms = terms
        self._listener = listener
        self._stopping = stopping or threading.Event()
        self.is_up = False
        """Whether a session is connected to the broker, and takes what it is given."""

    def run(self) -> SessionReport:
        """Bring what the time and the budget allow.

        Raises BearerError where there is no connection, DataSpent where not even connecting fits.
        """
        # Before the modem is switched on: that alone costs energy, and in the end data.
        left = self._budget.state().left_bytes
        if left is not None and left < on_the_network(CONNECT_BYTES):
            raise DataSpent("the data budget leaves no room for a session; it waits for the next")
        meter = Meter(self._budget, self._bearer.used_bytes, self._terms.most_bytes)
        with ExitStack() as ending:
            ending.callback(self._bearer.down)
            self._bearer.up()
            ending.callback(meter.settle)
            pause_s = self._terms.pause_s
            line = Line(self._make_link, lambda: meter.spend(CONNECT_BYTES), pause_s)
            ending.callback(line.close)
            uploads = self._make_uploads(meter.spend) if self._make_uploads else None
            if uploads is not None:
                ending.callback(uploads.close)
            ending.callback(self._end)
            return self._flush(line, uploads, meter)

    def _end(self) -> None:
        self.is_up = False
        self._outgoing.end()

    def _flush(self, line: Line, uploads: TusClient | None, meter: Meter) -> SessionReport:
        outgoing, spent = self._outgoing, False
        flush = _Flush(outgoing, self._identity, line, uploads, meter, self._terms, self._listener)
        outgoing.begin()
        end_s = time.monotonic() + self._terms.duration_s
        try:
            ended = flush.connect(self._stopping)
            if ended is None:
                self.is_up = True
                ended = flush.send_all(end_s, self._stopping)
        except DataSpent as error:
            ended, spent = str(error), not isinstance(error, SessionSpent)
        self.is_up = False
        flush.await_answers(self._stopping)
        return SessionReport(
            outgoing.sent,
            outgoing.acknowledged,
            outgoing.parts,
            meter.used_bytes,
            ended,
            connected=line.generation > 0,
            spent=spent,
        )


class _Flush:
    """The middle of one session: the bearer is up."""

    def __init__(
        self,
        outgoing: Outgoing,
        identity: Identity,
        line: Line,
        uploads: TusClient | None,
        meter: Meter,
        terms: SessionTerms,
        listener: Listener,
    ) -> None:
        self._outgoing = outgoing
        self._identity = identity
        self._line = line
        self._uploads = uploads
        self._meter = meter
        self._terms = terms
        self._listener = listener
        self._cuts = 0  # of uploads
        self._answers_by_s = time.monotonic()

    def connect(self, stopping: threading.Event) -> str | None:
        """Until the broker listens; why it does not. Raises DataSpent."""
        end_s = time.monotonic() + self._terms.connect_s
        while self._line.generation == 0:
            if time.monotonic() > end_s or self._is_broken or stopping.is_set():
                return "no broker was reached"
            self._poll(_POLL_S)
        if self._outgoing.awaits_answers:
            self._poll(_GREETING_S)
            self._outgoing.catch_up()
        return None

    def send_all(self, end_s: float, stopping: threading.Event) -> str:
        """Until nothing is left, or nothing may be sent any more; why it ended. Raises DataSpent.

        What comes while answers are awaited goes along.
        """
        while True:
            if self._is_broken:
                return "the connection broke again and again"
            if stopping.is_set():
                return "the station stops"
            if time.monotonic() > end_s:
                return f"its {self._terms.duration_s:.0f} s are over"
            load = self._outgoing.next()
            if load is not None:
                self._send(load)
                self._poll(0.0)
            elif not self._outgoing.under_way:
                return "nothing is left"
            elif time.monotonic() > self._answers_by_s:
                return "not all was acknowledged"
            else:
                self._poll(_POLL_S)

    def await_answers(self, stopping: threading.Event) -> None:
        """For as long as an answer may take."""
        with suppress(DataSpent):
            while self._outgoing.under_way and not (stopping.is_set() or self._is_broken):
                if time.monotonic() > self._answers_by_s:
                    return
                self._poll(_POLL_S)

    @property
    def _is_broken(self) -> bool:
        return self._cuts + self._line.setbacks >= _CUTS

    def _send(self, load: Load) -> None:
        """One item, or a part of it, on its way. Raises DataSpent."""
        self._meter.urgent = load.is_alert
        self._answers_by_s = time.monotonic() + self._terms.acknowledge_s
        is_small = len(load.data) <= self._terms.publish_bytes
        try:
            if self._uploads is None or (is_small and load.item.kind is not ItemKind.EVIDENCE):
                self._publish(load)
            else:
                self._upload(load, self._uploads)
        except UploadCut as cut:
            self._cuts += 1
            self._listener.link(f"{cut}; everything is kept, and tried again")
        except (TooLarge, UploadRefused) as error:
            self._outgoing.give_up(load.item, error)
        finally:
            self._meter.urgent = True

    def _publish(self, load: Load) -> None:
        if not self._line.is_up:
            self._poll(_POLL_S)  # it is being connected anew
            return
        size_bytes = len(load.data) + PUBLISH_BYTES
        self._meter.spend(size_bytes)
        try:
            is_out = self._line.send(load.data)
        except TooLarge:
            self._meter.give_back(size_bytes)
            raise
        if is_out:
            self._outgoing.went(load)
        else:
            self._meter.give_back(size_bytes)
            self._poll(_POLL_S)

    def _upload(self, load: Load, uploads: TusClient) -> None:
        uploaded = uploads.upload_part(load.data, load.portion_bytes)
        if uploaded is None:
            self._outgoing.part_went(load)
            return
        self._outgoing.went(load)
        if uploaded.acknowledgement is not None:
            self._outgoing.take(self._named_in(uploaded.acknowledgement))

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
        setbacks = self._line.setbacks
        self._outgoing.take(self._line.poll(timeout_s))
        if self._line.setbacks > setbacks:
            self._outgoing.broke()
