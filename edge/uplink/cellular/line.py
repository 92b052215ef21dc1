"""The way to the broker in a session: every connection is paid for before it is made."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from edge.uplink.link import Link
from edge.uplink.status import LinkState, LinkStatus


class BrokerLink(Link, Protocol):
    """A Link that tells how it stands."""

    @property
    def status(self) -> LinkStatus: ...


class Line:
    """A Link that makes a new one ``pause_s`` after each setback, and pays for it first: a link
    that tries by itself would spend what nobody has counted. For one thread.

    ``pay`` may raise (DataSpent): then there is no further connection.
    """

    def __init__(
        self, make_link: Callable[[], BrokerLink], pay: Callable[[], None], pause_s: float
    ) -> None:
        self._make_link = make_link
        self._pay = pay
        self._pause_s = pause_s
        self._resume_s = time.monotonic()
        self._link: BrokerLink | None = None
        self._ups = 0
        self.is_up = False
        self.setbacks = 0
        """How many connections broke, or came to nothing."""

    @property
    def generation(self) -> int:
        """See Link."""
        return self._ups

    def send(self, data: bytes) -> bool:
        """See Link."""
        return self._link is not None and self.is_up and self._link.send(data)

    def poll(self, timeout_s: float) -> list[bytes]:
        """See Link."""
        if self._link is None:
            remaining_s = self._resume_s - time.monotonic()
            if remaining_s > 0:
                time.sleep(min(remaining_s, timeout_s))
                return []
            self._pay()
            self._link = self._make_link()
        acknowledged = self._link.poll(timeout_s)
        state = self._link.status.state
        if state is LinkState.BACKING_OFF:
            self._break()
        elif state is LinkState.LISTENING and not self.is_up:
            self.is_up = True
            self._ups += 1
        return acknowledged

    def close(self) -> None:
        """See Link."""
        if self._link is not None:
            self._link.close()
            self._link = None
        self.is_up = False

    def _break(self) -> None:
        self.setbacks += 1
        self._resume_s = time.monotonic() + self._pause_s
        self.close()
