"""The identities of a station and of basecamp, as key files and printable tokens.

Basecamp owns two key pairs: X25519, to which everything is sealed, and Ed25519, with which it
signs acknowledgements. A station owns one Ed25519 pair, with which it signs what it sends. All are
libsodium's. A *token* is the public half as one printable word; a key file holds the private half
as one line of text, readable by its owner alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.signing import SigningKey, VerifyKey

from edge.security.errors import KeyFileError

_KEY_BYTES = 32
_CHECK_BYTES = 4


@dataclass(frozen=True, slots=True)
class BasecampToken:
    """Basecamp's public keys: ``seal`` (X25519) and ``verify`` (Ed25519)."""

    PREFIX = "irbis-basecamp-1"
    seal: PublicKey
    verify: VerifyKey

    def __str__(self) -> str:
        return _to_text(self.PREFIX, bytes(self.seal) + bytes(self.verify))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a token. Raises KeyFileError when it is not one."""
        raw = _from_text(text, cls.PREFIX, 2 * _KEY_BYTES, "basecamp token")
        seal, verify = PublicKey(raw[:_KEY_BYTES]), VerifyKey(raw[_KEY_BYTES:])
        _check_public(verify, "basecamp token", seal)
        return cls(seal, verify)


@dataclass(frozen=True, slots=True)
class BasecampKey:
    """Basecamp's private keys."""

    PREFIX = "irbis-basecamp-secret-1"
    unseal: PrivateKey
    sign: SigningKey

    @classmethod
    def generate(cls) -> Self:
        return cls(PrivateKey.generate(), SigningKey.generate())

    @property
    def token(self) -> BasecampToken:
        return BasecampToken(self.unseal.public_key, self.sign.verify_key)

    def save(self, path: Path) -> None:
        """Write the key file. Raises KeyFileError when there is one already, or no room."""
        _write_secret(path, _to_text(self.PREFIX, bytes(self.unseal) + bytes(self.sign)))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the key file. Raises KeyFileError when it is missing or not a basecamp key."""
        raw = _from_text(_read_secret(path), cls.PREFIX, 2 * _KEY_BYTES, str(path))
        return cls(PrivateKey(raw[:_KEY_BYTES]), SigningKey(raw[_KEY_BYTES:]))


@dataclass(frozen=True, slots=True)
class StationToken:
    """A station's public signing key."""

    PREFIX = "irbis-station-1"
    verify: VerifyKey

    def __str__(self) -> str:
        return _to_text(self.PREFIX, bytes(self.verify))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a token. Raises KeyFileError when it is not one."""
        verify = VerifyKey(_from_text(text, cls.PREFIX, _KEY_BYTES, "station token"))
        _check_public(verify, "station token")
        return cls(verify)


@dataclass(frozen=True, slots=True)
class StationKey:
    """A station's private signing key."""

    PREFIX = "irbis-station-secret-1"
    sign: SigningKey

    @classmethod
    def generate(cls) -> Self:
        return cls(SigningKey.generate())

    @property
    def token(self) -> StationToken:
        return StationToken(self.sign.verify_key)

    @property
    def secret(self) -> str:
        """The private half as one word, which a key file holds. Not for any other eye."""
        return _to_text(self.PREFIX, bytes(self.sign))

    def save(self, path: Path) -> None:
        """Write the key file. Raises KeyFileError when there is one already, or no room."""
        _write_secret(path, self.secret)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the key file. Raises KeyFileError when it is missing or not a station key."""
        return cls.parse(_read_secret(path), str(path))

    @classmethod
    def parse(cls, text: str, origin: str = "station key") -> Self:
        """Read what a key file holds. Raises KeyFileError when it is not a station key."""
        return cls(SigningKey(_from_text(text, cls.PREFIX, _KEY_BYTES, origin)))


def _to_text(prefix: str, raw: bytes) -> str:
    text = base64.urlsafe_b64encode(raw + _check(prefix, raw)).decode().rstrip("=")
    return f"{prefix}:{text}"


def _check(prefix: str, raw: bytes) -> bytes:
    """A checksum: a key with one wrong letter would seal every picture to nobody, unnoticed."""
    return hashlib.blake2b(prefix.encode() + raw, digest_size=_CHECK_BYTES).digest()


def _from_text(text: str, prefix: str, size_bytes: int, origin: str) -> bytes:
    found, colon, body = text.strip().partition(":")
    if not colon or found != prefix:
        raise KeyFileError(f"{origin}: expected a word that begins with '{prefix}:'")
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise KeyFileError(f"{origin}: the part after '{prefix}:' is not base64url") from None
    size_bytes += _CHECK_BYTES
    if len(raw) != size_bytes:
        raise KeyFileError(
            f"{origin}: holds {len(raw)} bytes, expected {size_bytes}; was it copied in full?"
        )
    key = raw[:-_CHECK_BYTES]
    if raw[-_CHECK_BYTES:] != _check(prefix, key):
        raise KeyFileError(f"{origin}: a letter is wrong; copy it once more")
    return key


def _check_public(verify: VerifyKey, origin: str, seal: PublicKey | None = None) -> None:
    """Refuse what is no public key: most words with a mistyped letter in the signing part."""
    try:
        usable = bindings.crypto_core_ed25519_is_valid_point(bytes(verify))
        if seal is not None:
            SealedBox(seal).encrypt(b"")
    except CryptoError:
        usable = False
    if not usable:
        raise KeyFileError(f"{origin}: holds bytes that are no key; copy it once more")


def _write_secret(path: Path, text: str) -> None:
    if path.exists():
        raise KeyFileError(
            f"{path}: there is a key already; move it away first if it is to be replaced"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be written: {error.strerror}") from error


def _read_secret(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise KeyFileError(f"{path}: no such key file; `irbis keys` makes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path}: cannot be read as a key file: {error}") from error
