"""Burst ids: 16 bytes that never collide and never repeat."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable


def new_burst_id() -> str:
    """An id for a burst taken now: 48 bits of milliseconds, then 80 random bits.

    The time orders ids for a reader; uniqueness rests on the random part alone, so a clock that
    was never set, or runs twice through the same hour, does no harm.
    """
    now_ms = time.time_ns() // 1_000_000 % 2**48
    return (now_ms.to_bytes(6, "big") + os.urandom(10)).hex()


def replayed_burst_id(frames: Iterable[tuple[str, bytes]]) -> str:
    """An id for pictures that exist already, from their (name, content) pairs.

    The same pictures get the same id however often and wherever they are replayed, so a replay
    that goes on after an interruption judges nothing twice; other pictures under the same names
    get another.
    """
    digest = hashlib.blake2b(digest_size=16, person=b"irbis burst 1")
    for name, data in frames:
        encoded = name.encode("utf-8", "surrogateescape")
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
