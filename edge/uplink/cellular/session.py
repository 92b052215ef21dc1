"""One cellular session: connect, bring what the scheduler gives to basecamp, and switch off again.

Sightings, alerts and heartbeats go over MQTT, larger things as resumable uploads, part by part, so
that an alert need not wait for the end of one. What releases an item is basecamp's signed
acknowledgement, whichever way it comes; what has none when the session ends stays queued.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from edge.listener import Listener
from edge.uplink.cellular.bearer import Bearer
from edge.uplink.cellular.budget import CONNECT_BYTES, DataBudget, on_the_network
from edge.uplink.cellular.errors import DataSpent, SessionSpent
from edge.uplink.cellular.flush import Flush, SessionTerms
from edge.uplink.cellular.line import BrokerLink, Line
from edge.uplink.cellular.meter import Meter
from edge.uplink.cellular.outgoing import Outgoing
from edge.uplink.cellular.tus import TusClient
from edge.wire.sealing import Identity

MakeUploads = Callable[[Callable[[int], None]], TusClient]
"""Makes the upload client, given what it asks before each request."""


@dataclass(frozen=True, slots=True)
class SessionReport:
    """What a session did; ``parts`` are those of larger items. ``ended`` says why it ended, for a
    person; ``spent``, whether the data budget ended it; ``failures`` are cut and refused tries."""

    sent: int
    acknowledged: int
    parts: int
    used_bytes: int
    ended: str
    connected: bool = True
    spent: bool = False
    failures: int = 0

    @property
    def came_to_nothing(self) -> bool:
        """Whether the next one would better wait."""
        moved, tried = self.acknowledged or self.parts, self.sent or self.failures
        return not self.connected or bool(tried and not moved)


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
        self._uploads: TusClient | None = None
        self.is_up = False
        """Whether a session is connected to the broker, and takes what it is given."""
        self.is_off = False
        """Whether the modem is surely off."""

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
            self.is_off = False
            ending.callback(self.switch_off)
            self._bearer.up()
            ending.callback(meter.settle)
            pause_s = self._terms.pause_s
            line = Line(self._make_link, lambda: meter.spend(CONNECT_BYTES), pause_s)
            ending.callback(line.close)
            uploads = self._make_uploads(meter.spend) if self._make_uploads else None
            if uploads is not None:
                ending.callback(uploads.close)
            self._uploads = uploads
            ending.callback(self._end)
            return self._flush(line, uploads, meter)

    def switch_off(self) -> None:
        """Make sure that the modem is off, also after a process that was killed."""
        self.is_off = self._bearer.down()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def stop(self) -> None:
        """The station stops, ``stopping`` is set: break off what could take minutes. From any
        thread."""
        if (uploads := self._uploads) is not None:
            uploads.break_off()

    def _end(self) -> None:
        self.is_up = False
        self._uploads = None
        self._outgoing.end()

    def _flush(self, line: Line, uploads: TusClient | None, meter: Meter) -> SessionReport:
        outgoing, spent = self._outgoing, False
        flush = Flush(outgoing, self._identity, line, uploads, meter, self._terms, self._listener)
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
            failures=outgoing.failures,
        )
