"""Sealed frames: 12 bytes around a record make it secret, whole, and used once.

    1 B version and key id || 3 B counter || ciphertext || 8 B tag

AES-128-CCM (NIST SP 800-38C, RFC 3610) with an 8-byte tag and a nonce of 13 bytes that is never
sent: both ends make it from the station's name, the stream, the key id and the counter. It must
never be used twice under a key, so the counter comes from a durable store
(edge.spool.counters) and no place else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from edge.security.errors import SealError

VERSION = 1
HEAD_BYTES = 4
TAG_BYTES = 8
OVERHEAD_BYTES = HEAD_BYTES + TAG_BYTES
KEY_IDS = 64
COUNTERS = 2**24
_STATION_BYTES = 8


class Reason(StrEnum):
    """Why a frame was refused."""

    VERSION = "version"
    LENGTH = "length"
    TAG = "tag"
    REPLAYED = "replayed"
    TOO_OLD = "too-old"


class FrameRefused(SealError):
    """A radio frame that is not believed; ``reason`` says why for a program."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Stream(IntEnum):
    """Who speaks, and how: no two of them ever share a nonce."""

    UP = 0
    DOWN = 1
    BEACON = 2


@dataclass(frozen=True, slots=True)
class Number:
    """What makes a frame unique within its stream: ``key_id`` 0..63, ``counter`` 0..2^24 - 1."""

    key_id: int
    counter: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A sealed frame taken apart; nothing in it is believed yet."""

    number: Number
    head: bytes
    body: bytes = field(repr=False)


def nonce(station: str, stream: Stream, number: Number) -> bytes:
    """13 bytes: BLAKE2b-64 of the station's name, stream, key id, counter."""
    name = hashlib.blake2b(
        station.encode(), digest_size=_STATION_BYTES, person=b"irbis nonce 1"
    ).digest()
    return name + bytes((stream, number.key_id)) + number.counter.to_bytes(3, "big")


def first_byte(key_id: int) -> int:
    """Version in the upper two bits, key id in the lower six."""
    return VERSION << 6 | key_id


def key_id_of(frame: bytes) -> int:
    """The key id in a frame's first byte. Raises FrameRefused (LENGTH, VERSION)."""
    if not frame:
        raise FrameRefused(Reason.LENGTH, "a radio frame without a byte")
    if frame[0] >> 6 != VERSION:
        raise FrameRefused(
            Reason.VERSION,
            f"radio frame version {frame[0] >> 6} is not known here; update this end",
        )
    return frame[0] & (KEY_IDS - 1)


def seal_frame(record: bytes, key: bytes, station: str, stream: Stream, number: Number) -> bytes:
    """``record`` in a frame, 12 bytes longer. ``key`` has 16 bytes, and never saw ``number``."""
    head = bytes((first_byte(number.key_id),)) + number.counter.to_bytes(3, "big")
    return head + AESCCM(key, TAG_BYTES).encrypt(nonce(station, stream, number), record, head)


def parse_frame(data: bytes) -> Frame:
    """``data`` taken apart. Raises FrameRefused (LENGTH, VERSION)."""
    key_id = key_id_of(data)
    if len(data) <= OVERHEAD_BYTES:
        raise FrameRefused(Reason.LENGTH, f"a radio frame of {len(data)} bytes holds no record")
    head = data[:HEAD_BYTES]
    return Frame(Number(key_id, int.from_bytes(head[1:], "big")), head, data[HEAD_BYTES:])


def open_frame(frame: Frame, key: bytes, station: str, stream: Stream) -> bytes:
    """The record in ``frame``. Raises FrameRefused (TAG)."""
    try:
        return AESCCM(key, TAG_BYTES).decrypt(
            nonce(station, stream, frame.number), frame.body, frame.head
        )
    except InvalidTag:
        raise FrameRefused(
            Reason.TAG,
            "the radio frame's tag does not fit: damaged, forged, or made with another key",
        ) from None
