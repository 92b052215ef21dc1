"""A sealed message that comes out the same every time, so that its upload can be resumed.

A sealed box begins with a key pair made by chance, so evidence that is sealed anew for each try
differs each time, and nothing that the server has of it would fit. Here that pair is derived from
the station's key and all that is sealed: the same message, the same bytes. Nobody without the
content can derive it, not even with the station's key, and no two contents ever share it.
"""

from __future__ import annotations

import hashlib

from nacl import bindings

from edge.security.envelope import VERSION
from edge.security.keys import BasecampToken, StationKey

_CONTEXT = b"irbis message 1\x00"


def seal_steadily(body: bytes, key: StationKey, basecamp: BasecampToken) -> bytes:
    """As edge.security.envelope.seal_message, and the same bytes for the same arguments."""
    recipient = bytes(basecamp.seal)
    signed = key.sign.sign(_CONTEXT + recipient + body).signature + body
    secret = _ephemeral(bytes(key.sign), recipient, signed)
    public = bindings.crypto_scalarmult_base(secret)
    nonce = hashlib.blake2b(public + recipient, digest_size=bindings.crypto_box_NONCEBYTES).digest()
    return VERSION + public + bindings.crypto_box(signed, nonce, recipient, secret)


def _ephemeral(seed: bytes, recipient: bytes, signed: bytes) -> bytes:
    derived = hashlib.blake2b(digest_size=32, key=seed, person=b"irbis steady 1")
    derived.update(recipient)
    derived.update(signed)
    return derived.digest()
