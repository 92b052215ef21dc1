"""One lasting MQTT 5 subscription: connects, subscribes, hands over, reconnects.

The link knows nothing of what it carries. A message is confirmed to the broker only after its
handler has returned; a handler that cannot keep it raises, and the broker gives it again.
"""

from __future__ import annotations

import logging
import threading

from tools.basecamp.broker_connection import Connection, Handler, Terms
from tools.basecamp.link_status import LinkState, LinkStatus

log = logging.getLogger(__name__)


class BrokerLink:
    """Keeps one subscription alive on a thread of its own, from ``start`` to ``stop``."""

    def __init__(self, terms: Terms, handle: Handler) -> None:
        self._terms = terms
        self._handle = handle
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._status = LinkStatus(LinkState.STOPPED)

    @property
    def status(self) -> LinkStatus:
        return self._status

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="broker-link", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Disconnect and wait for the thread. The broker keeps the session."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        pause_s = 0.0
        while not self._stopping.wait(pause_s):
            if self._status.state is not LinkState.BACKING_OFF:
                self._enter(LinkStatus(LinkState.CONNECTING))
            attempt = Connection(self._terms, self._handle, self._stopping, self._on_listening)
            attempt.run()
            if self._stopping.is_set():
                break
            longest_s = attempt.setback.pause_max_s
            pause_s = 1.0 if attempt.listened_s > longest_s else min(2 * pause_s + 1.0, longest_s)
            self._enter(LinkStatus(LinkState.BACKING_OFF, attempt.setback, attempt.detail))
        self._enter(LinkStatus(LinkState.STOPPED))

    def _on_listening(self) -> None:
        self._enter(LinkStatus(LinkState.LISTENING))

    def _enter(self, status: LinkStatus) -> None:
        """Change state; one line for each change, none for each repeated try."""
        if status == self._status:
            return
        self._status = status
        if status.setback is not None:
            log.warning("broker %s: %s (%s)", self._terms.address, status.setback, status.detail)
        elif status.state is LinkState.LISTENING:
            log.info("broker %s: listening on %s", self._terms.address, self._terms.subscription)
