"""Burst ids: 16 bytes, by which the spool knows a burst that it has had before."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable


def replayed_burst_id(frames: Iterable[tuple[str, bytes]]) -> str:
    """An id for pictures that exist already, from their (name, content) pairs.

    The names are paths relative to the folder that was given, and are part of the id: the same
    folder gets the same ids however often and wherever it is mounted, so that a replay that goes
    on after an interruption judges nothing twice; the same pictures given by way of a folder above
    or below it, or other pictures under the same names, get others.
    """
    digest = hashlib.blake2b(digest_size=16, person=b"irbis burst 1")
    for name, data in frames:
        encoded = name.encode("utf-8", "surrogateescape")
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def new_burst_id() -> str:
    """An id for a burst that a lens takes now: 128 random bits, which nothing else ever gets."""
    return secrets.token_hex(16)
