"""The middle of a cellular session: what goes over the broker, what as an upload, and how long."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from edge.listener import Listener
from edge.security.envelope import open_acknowledgement
from edge.security.errors import SealError
from edge.uplink.cellular.errors import DataSpent, UploadCut
from edge.uplink.cellular.line import Line
from edge.uplink.cellular.meter import Meter
from edge.uplink.cellular.outgoing import Load, Outgoing, is_uploaded
from edge.uplink.cellular.tus import TusClient
from edge.uplink.errors import LinkError, TooLarge
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
"""Connections to the broker that break in one session, and uploads in a row that fail; then the
one, or the other, is left in peace."""


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


class Flush:
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
        self._failed_uploads = 0  # in a row
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
            load = self._outgoing.next(None if self._has_uploads else self._terms.publish_bytes)
            if load is not None:
                self._send(load)
                self._poll(0.0)
            elif not self._outgoing.under_way:
                return "nothing is left" if self._has_uploads else "uploads failed again and again"
            elif time.monotonic() > self._answers_by_s:
                return "not all was acknowledged"
            else:
                self._poll(_POLL_S)

    def await_answers(self, stopping: threading.Event) -> None:
        """For as long as an answer may take."""
        self._outgoing.put_back()
        with suppress(DataSpent):
            while self._outgoing.under_way and not (stopping.is_set() or self._is_broken):
                if time.monotonic() > self._answers_by_s:
                    return
                self._poll(_POLL_S)

    @property
    def _is_broken(self) -> bool:
        return self._line.setbacks >= _CUTS

    @property
    def _has_uploads(self) -> bool:
        """Whether uploads are worth another try in this session: what is small must not wait for a
        server that is down or refuses, and a heartbeat tells of it."""
        return self._failed_uploads < _CUTS

    def _send(self, load: Load) -> None:
        """One item, or a part of it, on its way. Raises DataSpent."""
        self._meter.urgent = load.is_alert
        self._answers_by_s = time.monotonic() + self._terms.acknowledge_s
        try:
            if self._uploads is None or not is_uploaded(load.item, self._terms.publish_bytes):
                self._publish(load)
            else:
                self._failed_uploads += 1
                self._upload(load, self._uploads)
                self._failed_uploads = 0
        except UploadCut as cut:
            self._outgoing.cut()
            self._listener.link(f"{cut}; everything is kept, and tried again")
        except (TooLarge, LinkError) as error:
            self._outgoing.give_up(load.decision, load.item, error)
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
        self._meter.keep_up()
        if self._line.setbacks > setbacks:
            self._outgoing.broke()
