"""Where a broker is and how to be let in."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from edge.uplink.errors import LinkError

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h, which Python's ssl has no name for."""
_DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """One MQTT broker; ``tls`` when the URL says ``mqtts``."""

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read ``mqtt://host[:port]`` or ``mqtts://host[:port]``. Raises LinkError."""
        problem = LinkError(f"broker {url!r}: must look like mqtt://host:1883 or mqtts://host:8883")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise problem from None
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path.strip("/"):
            raise problem
        if parts.username is not None or parts.password is not None:
            raise LinkError(
                "broker: give the user name and a password file by themselves, not in the URL,"
                " where other users of the machine can read them"
            )
        return cls(parts.hostname, port or _DEFAULT_PORTS[parts.scheme], parts.scheme == "mqtts")


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to be let in. Files are read at every connection, so that a mended one is taken up.

    ``ca_file`` is the PEM file of the authority to trust, None for the system's own. While
    ``knows_date`` says no, a certificate's dates are not checked, but all else of it is: a station
    whose clock stands at 1970 would never reach anyone who could tell it the time. What it sends is
    sealed to basecamp in any case.
    """

    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    knows_date: Callable[[], bool] = lambda: True

    def password(self) -> str | None:
        """The first line of the password file. Raises LinkError."""
        if self.password_file is None:
            return None
        try:
            text = self.password_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise LinkError(
                f"{self.password_file}: the password cannot be read: {error}"
            ) from error
        return text.partition("\n")[0].rstrip("\r")

    def tls_context(self) -> ssl.SSLContext:
        """A context that checks the broker's certificate and name. Raises LinkError."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise LinkError(f"{self.ca_file}: cannot be used as a CA file: {error}") from error
        if not self.knows_date():
            context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
        return context
