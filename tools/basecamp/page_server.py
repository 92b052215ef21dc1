"""Serving the page over HTTP on a thread of its own."""

from __future__ import annotations

import ipaddress
import socket
import threading
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from tools.basecamp.errors import AddressError, WebError


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where the page listens; port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 8400

    @classmethod
    def parse(cls, text: str) -> ListenAddress:
        """Read ``HOST:PORT`` or ``[IPV6]:PORT``. Raises AddressError."""
        host, colon, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
            raise AddressError(f"listen address {text!r}: must look like 127.0.0.1:8400")
        return cls(host, int(port))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class PageServer:
    """uvicorn between ``start`` and ``stop``."""

    def __init__(self, app: ASGIApp, listen: ListenAddress) -> None:
        self._listen = listen
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=3,
            )
        )
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        if self._socket is None:
            raise WebError("the page is not served; call start() first")
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Bind and serve; from its return on, requests are answered. Raises WebError."""
        self._socket = _bind(self._listen)
        # It listens from here on: a request that comes before uvicorn is up waits in its backlog.
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="page", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._thread = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _bind(listen: ListenAddress) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(
            listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise WebError(f"{listen.host}: {error.strerror or error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise WebError(
            f"{listen.host}:{listen.port}: {error.strerror or error}; choose another --listen"
        ) from error
    return listener
