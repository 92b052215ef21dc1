"""What a person compares: a station's public key as four groups of four letters."""

from __future__ import annotations

import base64
import hashlib

from edge.security.keys import StationToken

_BYTES = 10
"""80 bits: to find another key with the same sixteen letters takes 2^80 tries."""

GROUP = 4


def fingerprint(token: StationToken) -> str:
    """``7QXA-M2LP-...``: SHA-256 of the Ed25519 public key, its first 80 bits in base32 (RFC 4648,
    which has no 0, 1, 8 and 9 to be misread)."""
    digest = hashlib.sha256(bytes(token.verify)).digest()[:_BYTES]
    letters = base64.b32encode(digest).decode("ascii")
    return "-".join(letters[i : i + GROUP] for i in range(0, len(letters), GROUP))
