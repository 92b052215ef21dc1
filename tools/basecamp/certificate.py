"""The certificate with which a server shows who it is, looked at before anyone relies on it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from tools.basecamp.errors import AddressError

SOON = timedelta(days=21)
"""Stations that are snowed in for weeks must find one that they trust when they are back."""
_HINT = "give PEM files: the chain, the server's own certificate first, and its key"


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files. ``key`` is None where the chain's file holds the key too."""

    chain: Path
    key: Path | None = None

    def check(self) -> None:
        """Raises AddressError where a server could not use it, or where it names no host."""
        for path in (self.chain, self.key):
            if path is not None:
                _readable(path)
        try:
            # Without an answer of ours OpenSSL would ask the terminal for a password.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.chain, self.key, password=lambda: b"")
        except (ssl.SSLError, ValueError) as error:
            raise AddressError(self._unfit(error)) from error
        if not self.hosts():
            raise AddressError(
                f"{self.chain}: the certificate names no host as subjectAltName, so nobody would"
                " trust it; have it made anew, with the name that stations connect to"
            )

    def hosts(self) -> list[str]:
        """The host names and IP addresses that it holds for; those with a wildcard last."""
        try:
            names = self._own().extensions.get_extension_for_class(x509.SubjectAlternativeName)
        except x509.ExtensionNotFound:
            return []
        hosts = names.value.get_values_for_type(x509.DNSName)
        hosts += [str(one) for one in names.value.get_values_for_type(x509.IPAddress)]
        return sorted(hosts, key=lambda host: host.startswith("*"))

    def doubt(self, now: datetime | None = None) -> str | None:
        """What stations will hold against its dates, now or soon; None where there is nothing."""
        now = now or datetime.now(UTC)
        own = self._own()
        begins, ends = own.not_valid_before_utc, own.not_valid_after_utc
        if now < begins:
            return f"{self.chain}: not valid before {begins:%Y-%m-%d}; stations refuse it"
        if now >= ends:
            return f"{self.chain}: expired on {ends:%Y-%m-%d}; stations refuse it: renew it"
        if now >= ends - SOON:
            return f"{self.chain}: expires on {ends:%Y-%m-%d}; renew it, and start basecamp anew"
        return None

    def _own(self) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificate(self.chain.read_bytes())
        except (OSError, ValueError) as error:
            raise AddressError(f"{self.chain}: cannot be read: {error}; {_HINT}") from error

    def _unfit(self, error: Exception) -> str:
        key = self.key or self.chain
        if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            return f"{key}: not the key of the certificate in {self.chain}; {_HINT}"
        if key.read_bytes().find(b"ENCRYPTED") >= 0:
            return (
                f"{key}: the key has a password, which nobody could give after a power cut; take"
                " it off (openssl pkey) and let basecamp's user alone read the file"
            )
        if key == self.chain and b"PRIVATE KEY" not in key.read_bytes():
            return f"{self.chain}: holds no key; give the key's file, too"
        return f"{self.chain} and {key}: cannot be used ({error}); {_HINT}"


def _readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise AddressError(f"{path}: cannot be read: {error.strerror or error}; {_HINT}") from error
