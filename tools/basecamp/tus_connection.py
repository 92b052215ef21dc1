"""A connection to the upload server: patient with a slow cell, not with silence.

The whole internet may reach it, and every connection is an open file of the process that also keeps
the store and the page.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

SILENCE_S = 150.0
"""More than a request's body or a pause between two requests may be silent for."""
HEAD_S = 60.0
"""How long the head of a request may take, from the first byte: one packet, on any cell."""
MOST_CONNECTIONS = 400
"""Well below the 1024 open files that a process has by default."""


class UploadConnection(H11Protocol):
    """HTTP/1.1 on a connection that ends after ``silence_s`` without a byte, and where the head of
    a request is not there within ``head_s``: a stranger who sends a byte now and then would have it
    for ever. For an HttpServer's Door."""

    silence_s = SILENCE_S
    head_s = HEAD_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._silence = self.loop.call_later(self.silence_s, transport.abort)
        self._head: asyncio.TimerHandle | None = None
        self._await_head()

    def data_received(self, data: bytes) -> None:
        self._silence.cancel()
        self._silence = self.loop.call_later(self.silence_s, self.transport.abort)
        super().data_received(data)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._silence.cancel()
        self._forget_head()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget_head()
        elif self._head is None:
            self._head = self.loop.call_later(self.head_s, self.transport.abort)

    def _forget_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None
