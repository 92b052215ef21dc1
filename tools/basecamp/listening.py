"""Where a server listens, and the socket that does."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Any

from tools.basecamp.errors import AddressError, WebError

_BACKLOG = 128
MOST_OPEN = 200
"""The doors of one process together stay well below the 1024 files that it may have open."""


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Host and port to listen on; port 0 takes a free one."""

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

    @property
    def is_everywhere(self) -> bool:
        """Whether it names every address of this machine, and so none to connect to."""
        try:
            return ipaddress.ip_address(self.host).is_unspecified
        except ValueError:
            return False


class Listener(socket.socket):
    """Accepts connections while fewer than ``most_open`` of its own are open, and closes those
    beyond at once, before a word of TLS is spoken: they are open files of the process that also
    keeps the store. A quarter of them stays for others, whatever one address opens.

    For one thread, and for event loops that call ``accept``, as asyncio's do.
    """

    most_open = MOST_OPEN
    _open: tuple[tuple[str, socket.socket], ...] = ()

    def accept(self) -> tuple[socket.socket, Any]:
        connection, address = super().accept()
        peer = _network(address[0])
        self._open = tuple(one for one in self._open if one[1].fileno() >= 0)
        of_peer = sum(one == peer for one, _ in self._open)
        if len(self._open) >= self.most_open or of_peer >= self.most_open - self.most_open // 4:
            connection.close()
            raise BlockingIOError("too many connections are open")
        self._open += ((peer, connection),)
        return connection, address


def bind(listen: ListenAddress, option: str, most_open: int = MOST_OPEN) -> Listener:
    """A socket that listens from now on. ``option`` is where its address was given.

    Raises WebError.
    """
    try:
        family, *_, address = socket.getaddrinfo(
            listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = Listener(family, socket.SOCK_STREAM)
        listener.most_open = most_open
    except OSError as error:
        raise WebError(f"{option} {listen.host}: {error.strerror or error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise WebError(
            f"{listen.host}:{listen.port}: {error.strerror or error}; choose another {option}"
        ) from error
    return listener


def _network(address: str) -> str:
    """Whoever has one address of IPv6 has the 2^64 beside it."""
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv4Address):
        return str(one)
    if one.ipv4_mapped is not None:
        return str(one.ipv4_mapped)
    return str(ipaddress.ip_network((one, 64), strict=False))


def named(host: str, port: int) -> str:
    """``host:port`` as a URL has it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
