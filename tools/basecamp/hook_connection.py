"""A connection to the hooks: brief, whatever its other end does.

The hooks are the one part of basecamp that the whole internet may reach. Whoever opens connections
and says nothing on them has none of them for long.
"""

from __future__ import annotations

import asyncio
import logging

from uvicorn.protocols.http.h11_impl import H11Protocol

LIFE_S = 30.0
"""Notehub waits as long for an answer, a RockBLOCK's cloud 3 s."""
MOST_CONNECTIONS = 64

_errors = logging.Logger(__name__, logging.ERROR)
_errors.parent = logging.getLogger("tools.basecamp")


class BriefConnection(H11Protocol):
    """HTTP/1.1 on a connection that ends after ``life_s``. For an HttpServer's Door.

    What is no HTTP is answered and not logged: scanners would write the log otherwise.
    """

    life_s = LIFE_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.logger = _errors
        super().connection_made(transport)
        self._end = self.loop.call_later(self.life_s, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end.cancel()
        super().connection_lost(exc)
