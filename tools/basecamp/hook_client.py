"""Asking a carrier's cloud for something, over TLS, with a secret that stands in a file."""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path

from edge.errors import IrbisError
from edge.uplink.cellular.errors import UploadCut, UploadRefused
from edge.uplink.cellular.http import Answer, Endpoint, Request, Wire
from edge.uplink.errors import LinkError
from tools.basecamp.errors import AddressError

TIMEOUT_S = 20.0


class SendError(IrbisError, OSError):
    """A carrier did not take a downlink. The message holds no secret."""


class CarrierApi:
    """One carrier's API below ``base``, such as ``https://api.notefile.net``. For one thread.

    ``ca_file`` is the PEM file of the authority to trust, None for the system's own. Raises
    AddressError for a base without TLS that is not on this machine: the secret would be read.
    """

    def __init__(self, base: str, ca_file: Path | None = None) -> None:
        self._base = base.rstrip("/")
        self._ca_file = ca_file
        try:
            self._endpoint = Endpoint.parse(self._base)
        except LinkError:
            raise AddressError(f"{base!r}: must look like https://host") from None
        if not self._endpoint.tls and not _is_loopback(self._endpoint.host):
            raise AddressError(f"{base!r}: must begin with https://")

    def post(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Post ``body`` to ``path``, which is quoted already. Raises SendError."""
        wire = Wire(self._endpoint, self._tls_context, TIMEOUT_S)
        try:
            return wire.ask(Request("POST", self._base + path, headers, body))
        except (UploadCut, UploadRefused, LinkError) as error:
            raise SendError(str(error)) from error
        finally:
            # Answers are rare, and a connection that was kept would be closed by then.
            wire.close()

    def _tls_context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._ca_file)
        except OSError as error:
            raise LinkError(f"{self._ca_file}: cannot be used as a CA file: {error}") from error


def secret_in(path: Path) -> str:
    """The first line of a file, read anew at each use so that a mended one is taken up.

    Raises SendError.
    """
    try:
        secret = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SendError(f"{path}: the secret cannot be read: {error}") from error
    if not secret or not secret.isprintable():
        raise SendError(f"{path}: its first line is no secret; write it there alone")
    return secret


def printable(text: str) -> str:
    """What a cloud says, fit for a log."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:200]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
