"""News in 11 bytes, for data rates that carry no more (US915 DR0, AS923 DR2 with dwell time).

    1 B version and key id || 2 B ciphertext || 8 B tag

The tag keeps its full length, as everywhere; the counter is not sent, and basecamp tries those that
may be next. A forger's chance grows by the number of counters that are tried, to 2^-51 a frame. A
beacon only says that something waits; it is no observation, and nothing is let go of for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from edge.records import ObservationType
from edge.wire import codes
from edge.wire.air.bits import Layout
from edge.wire.air.frame import TAG_BYTES, Number, Stream, first_byte, nonce
from edge.wire.air.scales import held
from edge.wire.air.sighting import RadioSighting
from edge.wire.cbor import code_of, member_of

BEACON_BYTES = 11
LAYOUT = Layout(
    "beacon",
    (
        ("alert", 1),
        ("target", 1),
        ("observation type", 3),
        ("count", 2),
        ("age", 5),
        ("waiting", 4),
    ),
)
_AGE_UNIT_S = 32
_OLDEST_CODE = 31


@dataclass(frozen=True, slots=True)
class Beacon:
    """The most valuable thing that waits at a station.

    ``count`` is the number of individuals, 3 for three or more. ``age_s`` is how long ago it
    happened when this was sent, on the wire rounded down to 0, 96 s, 128 s, 192 s, 256 s, ... up to
    36 days (a step is at most half of it). ``waiting`` is how many sightings wait, rounded down to
    0, 1, 2, 4, ... 16384.
    """

    alert: bool
    target: bool
    observation_type: ObservationType
    count: int
    age_s: int
    waiting: int


def beacon_about(sighting: RadioSighting, age_s: int, waiting: int) -> Beacon:
    """The beacon in place of ``sighting``, which is ``age_s`` old and one of ``waiting``."""
    return Beacon(
        alert=sighting.alert,
        target=sighting.target,
        observation_type=sighting.observation_type,
        count=sighting.count,
        age_s=age_s,
        waiting=waiting,
    )


def encode_beacon(beacon: Beacon) -> bytes:
    """2 bytes; what is out of range is held within it."""
    return LAYOUT.pack(
        {
            "alert": beacon.alert,
            "target": beacon.target,
            "observation type": code_of(beacon.observation_type, codes.OBSERVATION_TYPES),
            "count": held(beacon.count, 2),
            "age": age_code(beacon.age_s),
            "waiting": held(max(0, beacon.waiting).bit_length(), 4),
        }
    )


def decode_beacon(data: bytes) -> Beacon:
    """What ``encode_beacon`` wrote. Raises WireError."""
    values = LAYOUT.unpack(data)
    return Beacon(
        alert=bool(values["alert"]),
        target=bool(values["target"]),
        observation_type=member_of(
            values["observation type"], codes.OBSERVATION_TYPES, "observation type"
        ),
        count=values["count"],
        age_s=age_of(values["age"]),
        waiting=1 << values["waiting"] - 1 if values["waiting"] else 0,
    )


def age_code(age_s: int) -> int:
    """The largest code whose age is not above ``age_s``."""
    return max(code for code in range(_OLDEST_CODE + 1) if age_of(code) <= max(0, age_s))


def age_of(code: int) -> int:
    """Seconds: 0 for 0, else (2 + lowest bit) * 32 * 2^(upper four bits); 0..31."""
    return 0 if code == 0 else (2 + (code & 1)) * _AGE_UNIT_S << (code >> 1)


def seal_beacon(beacon: Beacon, key: bytes, station: str, number: Number) -> bytes:
    """11 bytes. ``key`` never saw ``number``."""
    head = bytes((first_byte(number.key_id),))
    content = encode_beacon(beacon)
    return head + AESCCM(key, TAG_BYTES).encrypt(
        nonce(station, Stream.BEACON, number), content, head
    )


def open_beacon(
    data: bytes, key: bytes, station: str, candidates: Iterable[Number]
) -> tuple[Number, bytes] | None:
    """The number with which ``data`` was sealed and the 2 bytes inside; None where none fits."""
    cipher = AESCCM(key, TAG_BYTES)
    head, body = data[:1], data[1:]
    for number in candidates:
        with suppress(InvalidTag):
            return number, cipher.decrypt(nonce(station, Stream.BEACON, number), body, head)
    return None
