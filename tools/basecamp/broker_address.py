"""Where a broker is and how to be let in, read from a URL and a password file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tools.basecamp.errors import AddressError

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
    def parse(cls, url: str) -> BrokerAddress:
        """Read ``mqtt://host[:port]`` or ``mqtts://host[:port]``. Raises AddressError."""
        problem = AddressError(
            f"broker {url!r}: must look like mqtt://host:1883 or mqtts://host:8883"
        )
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise problem from None
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path.strip("/"):
            raise problem
        if parts.username is not None or parts.password is not None:
            raise AddressError(
                "broker: give credentials by --username and --password-file,"
                " not in the URL, where other users of the machine can read them"
            )
        return cls(parts.hostname, port or _DEFAULT_PORTS[parts.scheme], parts.scheme == "mqtts")


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to be let in. Files are read at every connection, so that a mended one is taken up."""

    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None

    def password(self) -> str | None:
        """The first line of the password file. Raises OSError, UnicodeDecodeError."""
        if self.password_file is None:
            return None
        return self.password_file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
