"""Basecamp's session with the broker, on a thread of its own.

The link knows nothing of what it carries. A message is confirmed to the broker only after its
handler has returned; a handler that cannot keep it raises OSError, and the broker gives it again.
What others have to say over the broker waits in a short queue, which this thread empties.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from edge.uplink.backoff import Backoff
from edge.uplink.connection import Terms
from edge.uplink.session import Session
from edge.uplink.status import LinkState, LinkStatus

log = logging.getLogger(__name__)

PAUSE_MAX_S = 30.0
STOP_LATENCY_S = 0.5
MOST_POSTED = 1000
"""A station asks again for what it never heard; what is oldest is let go first."""


@dataclass(frozen=True, slots=True)
class Publication:
    """Something to publish, with QoS 1."""

    topic: str
    payload: bytes


Responder = Callable[[str, bytes], Publication | None]
"""Takes (topic, payload) and gives the answer to publish; an OSError means "not kept"."""


class BrokerLink:
    """Keeps one subscription alive from ``start`` to ``stop``."""

    def __init__(self, terms: Terms, respond: Responder) -> None:
        self._terms = terms
        self._respond = respond
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._session: Session
        self._posted: deque[Publication] = deque(maxlen=MOST_POSTED)
        self.status = LinkStatus(LinkState.STOPPED)

    def start(self) -> None:
        self._stopping.clear()
        self._session = Session(self._terms, self._arrived, self._tell, Backoff(PAUSE_MAX_S))
        self._thread = threading.Thread(target=self._run, name="broker-link", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Disconnect and wait for the thread. The broker keeps the session."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def post(self, publication: Publication) -> None:
        """Publish soon, once the broker is there; it may be lost. From any thread."""
        self._posted.append(publication)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._session.drive(STOP_LATENCY_S)
            self._publish_posted()
        self._publish_posted()
        self._session.close()

    def _publish_posted(self) -> None:
        """What is there by now: what is added meanwhile has its turn after the next drive."""
        for _ in range(len(self._posted)):
            publication = self._posted.popleft()
            if not self._session.publish(publication.topic, publication.payload):
                self._posted.appendleft(publication)
                return

    def _arrived(self, topic: str, payload: bytes) -> None:
        try:
            answer = self._respond(topic, payload)
        except OSError:
            raise
        except Exception as error:
            # Whatever it is, a link that died of it would leave basecamp deaf.
            log.exception("broker %s: a message broke its handler", self._terms.address)
            raise OSError(f"{type(error).__name__}: {error}") from error
        if answer is not None and not self._session.publish(answer.topic, answer.payload):
            raise OSError("its answer could not be sent")

    def _tell(self, status: LinkStatus) -> None:
        """One line for each change, none for each repeated try."""
        self.status = status
        if status.setback is not None:
            log.warning("broker %s: %s (%s)", self._terms.address, status.setback, status.detail)
        elif status.state is LinkState.LISTENING:
            log.info("broker %s: listening on %s", self._terms.address, self._terms.subscription)
