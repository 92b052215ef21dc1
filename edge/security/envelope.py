"""Messages from station to basecamp and acknowledgements back: signed, and one way sealed.

A message is signed by the station (Ed25519) and then sealed to basecamp (X25519 sealed box). The
signature covers the recipient's key, so nobody can peel the seal off and pass the content on as if
it had been meant for them. An acknowledgement is signed by basecamp and names the station it is
for; it holds nothing secret, so it is not sealed, but without the signature anyone on the broker
could talk a station into letting go of a leopard.

Layout: ``0x01 || sealed_box( signature 64 B || body )`` and ``0x01 || signature 64 B || body``.

A sealed box begins with a key pair made by chance. What is sealed anew for each try of an upload
must be the same bytes each time, or nothing that basecamp has of it would fit: there that pair is
derived from the station's key and all that is sealed. Nobody without the content can derive it, not
even with the station's key, and no two contents ever share it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from nacl import bindings
from nacl.exceptions import BadSignatureError, CryptoError
from nacl.public import SealedBox
from nacl.signing import VerifyKey

from edge.security.errors import SealError, SignatureError
from edge.security.keys import BasecampKey, BasecampToken, StationKey

VERSION = b"\x01"
SIGNATURE_BYTES = 64
_MESSAGE_CONTEXT = b"irbis message 1\x00"
_ACK_CONTEXT = b"irbis acknowledgement 1\x00"
_STEADY = b"irbis steady 1"


def seal_message(body: bytes, station_key: StationKey, basecamp: BasecampToken) -> bytes:
    """Sign ``body`` and seal it to basecamp: 113 bytes of overhead."""
    signature = station_key.sign.sign(_message_scope(basecamp, body)).signature
    return VERSION + SealedBox(basecamp.seal).encrypt(signature + body)


def seal_steadily(body: bytes, station_key: StationKey, basecamp: BasecampToken) -> bytes:
    """As ``seal_message``, and the same bytes for the same arguments."""
    recipient = bytes(basecamp.seal)
    signed = station_key.sign.sign(_message_scope(basecamp, body)).signature + body
    secret = _derived_secret(bytes(station_key.sign), recipient, signed)
    public = bindings.crypto_scalarmult_base(secret)
    nonce = hashlib.blake2b(public + recipient, digest_size=bindings.crypto_box_NONCEBYTES).digest()
    return VERSION + public + bindings.crypto_box(signed, nonce, recipient, secret)


def open_message(
    data: bytes, basecamp_key: BasecampKey, verify_key_for: Callable[[bytes], VerifyKey]
) -> bytes:
    """Unseal and verify a message; its body.

    ``verify_key_for`` is given the unverified body and says whose key must have signed it; it may
    raise SignatureError for a station that is not enrolled. Raises SealError or SignatureError.
    """
    if data[:1] != VERSION:
        raise SealError(f"message version {data[:1].hex() or 'none'} is not known here")
    try:
        opened = SealedBox(basecamp_key.unseal).decrypt(data[1:])
    except (CryptoError, ValueError, TypeError):
        raise SealError("the message is damaged or sealed to another basecamp key") from None
    signature, body = opened[:SIGNATURE_BYTES], opened[SIGNATURE_BYTES:]
    _verify(verify_key_for(body), _message_scope(basecamp_key.token, body), signature)
    return body


def sign_acknowledgement(body: bytes, station: str, basecamp_key: BasecampKey) -> bytes:
    """An acknowledgement for ``station``."""
    return VERSION + basecamp_key.sign.sign(_ack_scope(station, body)).signature + body


def open_acknowledgement(data: bytes, station: str, basecamp: BasecampToken) -> bytes:
    """The body of an acknowledgement meant for ``station``. Raises SealError, SignatureError."""
    if data[:1] != VERSION or len(data) < 1 + SIGNATURE_BYTES:
        raise SealError("not an acknowledgement of a version known here")
    signature, body = data[1 : 1 + SIGNATURE_BYTES], data[1 + SIGNATURE_BYTES :]
    _verify(basecamp.verify, _ack_scope(station, body), signature)
    return body


def _derived_secret(seed: bytes, recipient: bytes, signed: bytes) -> bytes:
    derived = hashlib.blake2b(recipient, digest_size=32, key=seed, person=_STEADY)
    derived.update(signed)
    return derived.digest()


def _message_scope(basecamp: BasecampToken, body: bytes) -> bytes:
    return _MESSAGE_CONTEXT + bytes(basecamp.seal) + body


def _ack_scope(station: str, body: bytes) -> bytes:
    return _ACK_CONTEXT + station.encode() + b"\x00" + body


def _verify(key: VerifyKey, message: bytes, signature: bytes) -> None:
    try:
        key.verify(message, signature)
    except (BadSignatureError, ValueError, TypeError):
        raise SignatureError("the signature does not fit: forged, or an old key") from None
