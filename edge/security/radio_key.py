"""The keys of a station's radio frames, made at both ends of what both ends have already.

The station turns its Ed25519 signing key, basecamp the station's public one, into its X25519
counterpart (libsodium's ``crypto_sign_ed25519_*_to_curve25519``). With basecamp's sealing pair that
gives one shared secret (X25519), and that, with both public keys and the station's name, one key
for each of 64 key ids. So there is no secret more to provision or to lose. In return the secret is
as old as its parents: who steals a station's key can read and forge what it says on the radio, of
the past as well, and nothing of any other station. A new station key ends that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Self

from nacl import bindings
from nacl.exceptions import CryptoError

from edge.security.errors import KeyFileError
from edge.security.keys import BasecampKey, BasecampToken, StationKey, StationToken

KEY_BYTES = 16
"""AES-128: what the radio's own microcontrollers compute in hardware."""
FINGERPRINT_BYTES = 8


@dataclass(frozen=True, slots=True)
class RadioKeys:
    """All radio keys of one station with one basecamp."""

    station: str
    _root: bytes = field(repr=False)

    @classmethod
    def of_station(cls, station: str, key: StationKey, basecamp: BasecampToken) -> Self:
        """As the station makes them. Raises KeyFileError for a key to which nobody can agree."""
        pair = bytes(key.sign) + bytes(key.sign.verify_key)
        secret = bindings.crypto_sign_ed25519_sk_to_curve25519(pair)
        return cls._agreed(station, secret, bytes(basecamp.seal), basecamp, key.token)

    @classmethod
    def of_basecamp(cls, station: str, token: StationToken, key: BasecampKey) -> Self:
        """As basecamp makes the same. Raises KeyFileError for a key to which nobody can agree."""
        try:
            public = bindings.crypto_sign_ed25519_pk_to_curve25519(bytes(token.verify))
        except CryptoError:
            raise KeyFileError(f"{station}: its public key is no key; enrol it anew") from None
        return cls._agreed(station, bytes(key.unseal), public, key.token, token)

    def key(self, key_id: int) -> bytes:
        """The 16-byte key with this id."""
        return hashlib.blake2b(
            bytes((key_id,)), digest_size=KEY_BYTES, key=self._root, person=b"irbis radio key"
        ).digest()

    @property
    def fingerprint(self) -> bytes:
        """8 bytes that tell these keys from others and say nothing about them."""
        return hashlib.blake2b(
            digest_size=FINGERPRINT_BYTES, key=self._root, person=b"irbis radio name"
        ).digest()

    @classmethod
    def _agreed(
        cls,
        station: str,
        secret: bytes,
        public: bytes,
        basecamp: BasecampToken,
        token: StationToken,
    ) -> Self:
        try:
            shared = bindings.crypto_scalarmult(secret, public)
        except (CryptoError, RuntimeError):
            raise KeyFileError(
                f"{station}: no radio key can be made with this public key; exchange it"
            ) from None
        scope = bytes(basecamp.seal) + bytes(token.verify) + station.encode()
        root = hashlib.blake2b(scope, digest_size=32, key=shared, person=b"irbis radio 1").digest()
        return cls(station, root)
