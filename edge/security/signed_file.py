"""Files that basecamp makes for its stations: signed, not secret, carried by hand or by wire.

Layout: ``magic 8 B || Ed25519 signature 64 B || body``. The signature is basecamp's, over the
magic, a zero byte and the body, so that a file of one kind cannot stand for another.
"""

from __future__ import annotations

from nacl.exceptions import BadSignatureError

from edge.security.errors import SealError, SignatureError
from edge.security.keys import BasecampKey, BasecampToken

MAGIC_BYTES = 8
SIGNATURE_BYTES = 64
CATALOGUE_MAGIC = b"IRBIS-C1"


def sign_file(body: bytes, magic: bytes, basecamp_key: BasecampKey) -> bytes:
    """The file that holds ``body``. Deterministic."""
    signature = basecamp_key.sign.sign(_scope(magic, body)).signature
    return magic + bytes(signature) + body


def open_file(data: bytes, magic: bytes, basecamp: BasecampToken) -> bytes:
    """The body of a file. Raises SealError for another kind of file, SignatureError for a body
    that is not as this basecamp signed it."""
    if data[:MAGIC_BYTES] != magic:
        raise SealError(f"it does not begin with {magic.decode()}: another kind, or a later one")
    signature = data[MAGIC_BYTES : MAGIC_BYTES + SIGNATURE_BYTES]
    body = data[MAGIC_BYTES + SIGNATURE_BYTES :]
    try:
        basecamp.verify.verify(_scope(magic, body), signature)
    except (BadSignatureError, ValueError, TypeError):
        raise SignatureError(
            "it is damaged, or not signed with the key of this station's basecamp"
        ) from None
    return body


def _scope(magic: bytes, body: bytes) -> bytes:
    return magic + b"\x00" + body
