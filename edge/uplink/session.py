"""A lasting MQTT 5 session: one connection after another, with pauses that grow.

Station and basecamp both keep one; each drives it from a loop of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.uplink.backoff import Backoff
from edge.uplink.connection import Connection, Handler, Terms
from edge.uplink.status import LinkState, LinkStatus, Setback

_UNSETTLED = (Setback.UNKEPT, Setback.TAKEN_OVER)
"""Endings after which a connection that worked is no reason for a short pause: neither a full disk
nor two clients of one name shall make both ends run in circles."""


class Session:
    """Keeps ``terms`` in force. ``handle`` gets what arrives, within ``drive``; ``on_status`` is
    called at each change of the status, not at each repeated try."""

    def __init__(
        self,
        terms: Terms,
        handle: Handler,
        on_status: Callable[[LinkStatus], None],
        backoff: Backoff,
    ) -> None:
        self._terms = terms
        self._handle = handle
        self._on_status = on_status
        self._backoff = backoff
        self._connection: Connection | None = None
        self._resume_s = 0.0  # on time.monotonic()
        self.status = LinkStatus(LinkState.CONNECTING)
        self.generation = 0
        """How often the session came up; what was under way before then may be lost."""

    @property
    def max_packet_bytes(self) -> int | None:
        """The broker's limit, None where it has none or is not there."""
        return self._connection.max_packet_bytes if self._connection is not None else None

    def drive(self, timeout_s: float) -> None:
        """Connect if it is time, move bytes both ways, notice what broke; for up to
        ``timeout_s``, and while connecting for up to CONNECT_TIMEOUT_S."""
        if self.status.state is LinkState.STOPPED:
            return
        if self._connection is None:
            remaining_s = self._resume_s - time.monotonic()
            if remaining_s > 0:
                time.sleep(min(remaining_s, timeout_s))
                return
            self._connection = Connection(self._terms, self._handle)
            self._connection.open()
        self._connection.drive(timeout_s)
        if self._connection.over:
            self._back_off(self._connection)
        elif self._connection.listening and self.status.state is not LinkState.LISTENING:
            self.generation += 1
            self._enter(LinkStatus(LinkState.LISTENING))

    def publish(self, topic: str, payload: bytes) -> bool:
        """Hand a message over at QoS 1; False when it cannot be taken now."""
        return self._connection is not None and self._connection.publish(topic, payload)

    def close(self) -> None:
        """Take leave of the broker; it keeps the session."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._enter(LinkStatus(LinkState.STOPPED))

    def _back_off(self, ended: Connection) -> None:
        if ended.listening and ended.setback not in _UNSETTLED:
            self._backoff.reset()
        self._connection = None
        self._resume_s = time.monotonic() + self._backoff.wait_s()
        self._enter(LinkStatus(LinkState.BACKING_OFF, ended.setback, ended.detail))

    def _enter(self, status: LinkStatus) -> None:
        if status != self.status:
            self.status = status
            self._on_status(status)
