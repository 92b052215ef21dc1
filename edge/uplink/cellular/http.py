"""One HTTP connection that is kept, over TLS with the authority that was configured."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPSConnection,
    RemoteDisconnected,
)
from typing import Self
from urllib.parse import urlsplit

from edge.errors import IrbisError
from edge.uplink.cellular.errors import UploadCut, UploadRefused
from edge.uplink.errors import LinkError

TIMEOUT_S = 60.0
"""Silence after which a connection counts as dead: a cell that is handed over may take half."""
CONNECT_TIMEOUT_S = 10.0
"""The same as for the broker. Until there is a connection, nothing can break off the wait."""
_MOST_ANSWER_BYTES = 4096
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where uploads are made: scheme, host, port and path."""

    tls: bool
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read ``https://host[:port]/path``; ``http`` too, within a private network.

        Raises LinkError.
        """
        problem = LinkError(f"uploads {url!r}: must look like https://host/uploads")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise problem from None
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.query:
            raise problem
        if parts.username is not None or parts.password is not None:
            raise LinkError("uploads: no password in the URL; a station's key lets it in")
        port = port or _DEFAULT_PORTS[parts.scheme]
        return cls(parts.scheme == "https", parts.hostname, port, parts.path or "/")

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{self.path}"

    def holds(self, url: str) -> bool:
        """Whether ``url`` is on this very server."""
        try:
            other = Endpoint.parse(url)
        except LinkError:
            return False
        return (other.tls, other.host, other.port) == (self.tls, self.host, self.port)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. ``url`` is on the endpoint's server."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``text`` is the beginning of the body, in one line, for a person."""

    status: int
    headers: Mapping[str, str]
    text: str

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())


class Wire:
    """A connection that is made when it is needed and kept. For one thread, but for `break_off`.

    ``tls_context`` is called for each new connection, so that a mended CA file is taken up,
    ``on_connect`` before it is made, and ``on_repeat`` before a request goes a second time: they
    may raise, and then it does not.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        tls_context: Callable[[], ssl.SSLContext],
        timeout_s: float = TIMEOUT_S,
        on_connect: Callable[[], None] = lambda: None,
        on_repeat: Callable[[Request], None] = lambda _: None,
    ) -> None:
        self.endpoint = endpoint
        self._tls_context = tls_context
        self._timeout_s = timeout_s
        self._on_connect = on_connect
        self._on_repeat = on_repeat
        self._connection: HTTPConnection | None = None

    def ask(self, request: Request) -> Answer:
        """Send ``request`` and read the answer.

        Raises UploadCut where the connection breaks, UploadRefused where it is not to be trusted,
        LinkError for a CA file that cannot be used, and what ``on_connect`` does.
        """
        try:
            return self._asked_anew(request) if self._connection else self._asked(request)
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise UploadRefused(
                f"{self.endpoint.url}: no trusted TLS ({error.verify_message}); check the CA file,"
                " the host name and the clock"
            ) from error
        except (HTTPException, OSError) as error:
            self.close()
            if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
                raise UploadRefused(
                    f"{self.endpoint.url}: no TLS is spoken there; is it http://? Take the URL that"
                    " basecamp printed"
                ) from error
            if isinstance(error, IrbisError):
                raise
            raise UploadCut(
                f"{self.endpoint.url}: the connection broke ({error or type(error).__name__})"
            ) from error

    def break_off(self) -> None:
        """End the request under way, which raises UploadCut then. From any thread."""
        connection = self._connection
        sock: socket.socket | None = None if connection is None else connection.sock
        if sock is not None:
            with suppress(OSError):
                # Not that of TLS, which would change what the other thread is reading with.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _asked_anew(self, request: Request) -> Answer:
        """On the kept connection, or on a new one where the server had closed it meanwhile."""
        try:
            return self._asked(request)
        except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            if request.method == "PATCH":
                raise  # the server may have some of it: first ask how much
            self._on_repeat(request)
            return self._asked(request)

    def _asked(self, request: Request) -> Answer:
        connection = self._connection or self._connected()
        path = urlsplit(request.url).path
        connection.putrequest(request.method, path, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        if request.method != "HEAD":
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        text = response.read(_MOST_ANSWER_BYTES)
        if response.read(1):
            self.close()  # it goes on and on; not our server
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, _one_line(text))

    def _connected(self) -> HTTPConnection:
        self._on_connect()
        host, port = self.endpoint.host, self.endpoint.port
        if self.endpoint.tls:
            context = self._tls_context()
            made: HTTPConnection = HTTPSConnection(
                host, port, timeout=CONNECT_TIMEOUT_S, context=context
            )
        else:
            made = HTTPConnection(host, port, timeout=CONNECT_TIMEOUT_S)
        self._connection = made
        made.connect()
        made.sock.settimeout(self._timeout_s)
        return made


def _one_line(text: bytes) -> str:
    return " ".join(text[:200].decode("utf-8", "replace").split())
