"""Where a server listens, and the socket that does."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from tools.basecamp.errors import AddressError, WebError

_BACKLOG = 128


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


def bind(listen: ListenAddress, option: str) -> socket.socket:
    """A socket that listens from now on. ``option`` is where its address was given.

    Raises WebError.
    """
    try:
        family, *_, address = socket.getaddrinfo(
            listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
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


def named(host: str, port: int) -> str:
    """``host:port`` as a URL has it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
