"""Who uploads what: one signed line for each upload, which needs no clock.

    Authorization: Irbis STATION:DIGEST:SIGNATURE

DIGEST is the SHA-256 of the whole upload in hexadecimal, SIGNATURE the station's Ed25519 signature
in URL-safe Base64 over ``irbis upload 1``, a zero byte, basecamp's X25519 key, the station's name,
a zero byte and the 32 bytes of the digest. The line never expires: a station whose clock was never
set can make it, and whoever overheard it can disturb that one upload, but put no other bytes in its
place.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from edge.config import STATION_ID
from edge.security.errors import SignatureError
from edge.security.keys import BasecampToken, StationKey

_CONTEXT = b"irbis upload 1\x00"
_LINE = re.compile(
    f"Irbis (?P<station>{STATION_ID.strip('^$')}):(?P<digest>[0-9a-f]{{64}})"
    r":(?P<signature>[A-Za-z0-9_-]{86}==)"
)


@dataclass(frozen=True, slots=True)
class UploadClaim:
    """A station's word that it uploads the bytes with this SHA-256 (lower-case hexadecimal)."""

    station: str
    digest: str


def digest_of(data: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def authorization(claim: UploadClaim, key: StationKey, basecamp: BasecampToken) -> str:
    """The value of the Authorization header."""
    signature = key.sign.sign(_scope(claim, basecamp)).signature
    text = base64.urlsafe_b64encode(signature).decode()
    return f"Irbis {claim.station}:{claim.digest}:{text}"


def read_authorization(
    value: str, basecamp: BasecampToken, verify_key_of: Callable[[str], VerifyKey]
) -> UploadClaim:
    """The claim in a header, verified.

    ``verify_key_of`` gives a station's key and may raise SignatureError where there is none.
    Raises SignatureError.
    """
    match = _LINE.fullmatch(value)
    if match is None:
        raise SignatureError("an upload without a station's signed line")
    claim = UploadClaim(match["station"], match["digest"])
    try:
        signature = base64.urlsafe_b64decode(match["signature"])
        verify_key_of(claim.station).verify(_scope(claim, basecamp), signature)
    except (BadSignatureError, binascii.Error, ValueError) as error:
        if isinstance(error, SignatureError):
            raise
        raise SignatureError("the upload's signature does not fit: forged, or an old key") from None
    return claim


def _scope(claim: UploadClaim, basecamp: BasecampToken) -> bytes:
    named = claim.station.encode() + b"\x00"
    return _CONTEXT + bytes(basecamp.seal) + named + bytes.fromhex(claim.digest)
