"""One ASGI application over HTTP or HTTPS, on a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from tools.basecamp.certificate import Certificate
from tools.basecamp.errors import WebError
from tools.basecamp.listening import MOST_OPEN, ListenAddress, bind, named

_LEAVE_S = 3
"""How long requests under way may take to end when the server is stopped."""


@dataclass(frozen=True, slots=True)
class Door:
    """How a server is reached. ``name`` is its thread's; ``option`` is where ``listen`` was
    given."""

    name: str
    option: str
    listen: ListenAddress
    certificate: Certificate | None = None
    keep_alive_s: int = 5
    """How long a connection may rest between two requests."""
    most_open: int = MOST_OPEN
    """So many connections at once; further ones are closed before anything is said."""
    most_connections: int | None = None
    """Above it, requests are answered with 503."""
    protocol: type[asyncio.Protocol] | None = None
    """What drives a connection, where it is not uvicorn's own choice."""


class HttpServer:
    """uvicorn between ``start`` and ``stop``; HTTPS where the door has a certificate. Started once:
    an application may belong to one event loop.

    Raises AddressError for a certificate that cannot be used.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        certificate = door.certificate
        if certificate is not None:
            certificate.check()
        self._door = door
        self._outer_host = _outer_host(door)
        self._config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            loop="asyncio",  # see Listener
            server_header=False,
            timeout_keep_alive=door.keep_alive_s,
            timeout_graceful_shutdown=_LEAVE_S,
            limit_concurrency=door.most_connections,
            http=door.protocol or "auto",
            ssl_certfile=certificate.chain if certificate else None,
            ssl_keyfile=certificate.key if certificate else None,
        )
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """Scheme, host and port; the host as it is bound."""
        host, port = self.address
        return f"{'https' if self._door.certificate else 'http'}://{named(host, port)}"

    @property
    def outer_url(self) -> str:
        """``url``, with the host by which others reach it: one that the certificate holds for, else
        the address itself; this machine's name where that is all of its addresses."""
        _, port = self.address
        scheme = "https" if self._door.certificate else "http"
        return f"{scheme}://{named(self._outer_host, port)}"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port. Raises WebError while it is not started."""
        if self._socket is None:
            raise WebError(f"the {self._door.name} is not served; call start() first")
        host, port = self._socket.getsockname()[:2]
        return host, port

    def start(self) -> None:
        """Bind and serve; from its return on, requests are answered. Raises WebError."""
        self._socket = bind(self._door.listen, self._door.option, self._door.most_open)
        self._server = uvicorn.Server(self._config)
        # It listens from here on: a request that comes before uvicorn is up waits in its backlog.
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name=self._door.name, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End requests under way, within seconds, and wait for the thread."""
        if self._thread is not None and self._server is not None:
            self._server.should_exit = True
            self._thread.join()
            self._thread = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _outer_host(door: Door) -> str:
    host = door.listen.host
    if door.certificate is not None:
        hosts = door.certificate.hosts()
        return host if host in hosts else hosts[0]
    return socket.gethostname() if door.listen.is_everywhere else host
