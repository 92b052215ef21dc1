"""Where a broker is and how to get in."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from edge.uplink.errors import LinkError

PLAIN_PORT = 1883
TLS_PORT = 8883


@dataclass(frozen=True, slots=True)
class Broker:
    """An MQTT broker. ``ca_file`` is the PEM file of the authority to trust, None for the
    system's own."""

    host: str
    port: int = PLAIN_PORT
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"

    def tls_context(self) -> ssl.SSLContext | None:
        """The context to connect with, None without TLS. Raises LinkError."""
        if not self.tls:
            return None
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise LinkError(f"{self.ca_file}: cannot be used as a CA file: {error}") from error


def broker_at(
    url: str,
    username: str | None = None,
    password_file: Path | None = None,
    ca_file: Path | None = None,
) -> Broker:
    """The broker at ``mqtt://host[:port]`` or ``mqtts://host[:port]``. Raises LinkError."""
    problem = LinkError(f"{url}: expected mqtt://host[:port] or mqtts://host[:port]")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise problem from None
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise problem
    password = None
    if password_file is not None:
        try:
            password = password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise LinkError(f"{password_file}: the password cannot be read: {error}") from error
    tls = parts.scheme == "mqtts"
    return Broker(
        parts.hostname, port or (TLS_PORT if tls else PLAIN_PORT), tls, username, password, ca_file
    )
