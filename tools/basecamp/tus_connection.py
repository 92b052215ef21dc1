"""A connection to the upload server: patient with a slow cell, not with silence.

The whole internet may reach it, and every connection is an open file of the process that also keeps
the store and the page.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

SILENCE_S = 150.0
"""More than a request's body or a pause between two requests may be silent for."""
MOST_CONNECTIONS = 400
"""Well below the 1024 open files that a process has by default."""


class UploadConnection(H11Protocol):
    """HTTP/1.1 on a connection that ends after ``silence_s`` without a byte, and at once where
    there are ``most`` already. For an HttpServer's Door."""

    silence_s = SILENCE_S
    most = MOST_CONNECTIONS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._silence = self.loop.call_later(self.silence_s, transport.abort)
        if len(self.connections) > self.most:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        self._silence.cancel()
        self._silence = self.loop.call_later(self.silence_s, self.transport.abort)
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._silence.cancel()
        super().connection_lost(exc)
