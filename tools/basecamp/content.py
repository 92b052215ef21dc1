"""From a verified body to what it holds, without ever refusing: unreadable is content too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nacl.public import PrivateKey

from edge.records import Burst, Heartbeat, ItemKind, Sighting
from edge.security.evidence import unseal_content_key
from edge.spool.contents import open_burst
from edge.wire.cbor import Fields, loads
from edge.wire.crop import CropMessage, decode_crop
from edge.wire.errors import WireError
from edge.wire.heartbeat import decode_heartbeat
from edge.wire.message import ITEM_ID_BYTES, Message, decode_message
from edge.wire.sighting import decode_sighting
from tools.basecamp.errors import WrongStation
from tools.basecamp.pictures import UNKNOWN, media_type_of

UNKNOWN_KIND = "unknown"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A burst that its station could not judge: the sealed file and what was in it."""

    sealed: bytes = field(repr=False)
    burst: Burst


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that is genuine but that this version of basecamp cannot read."""

    reason: str


Content = Sighting | CropMessage | Heartbeat | Evidence | Unreadable


@dataclass(frozen=True, slots=True)
class Received:
    """One verified item. ``body`` is what was signed; ``size_bytes`` is what went on air."""

    station: str
    item_id: bytes
    kind: str
    body: bytes = field(repr=False)
    payload: bytes = field(repr=False)
    content: Content
    size_bytes: int


def read_body(body: bytes, station: str, unseal: PrivateKey, size_bytes: int) -> Received:
    """What ``station`` sent. Raises WrongStation when the body names another one.

    A body or payload that cannot be decoded gives a Received whose content is Unreadable.
    """
    try:
        message = decode_message(body)
    except WireError as error:
        return _unreadable(body, station, str(error), size_bytes)
    _check_station(message.station, station)
    return Received(
        station=station,
        item_id=message.item_id,
        kind=message.kind.value,
        body=body,
        payload=message.payload,
        content=_read_payload(message, unseal),
        size_bytes=size_bytes,
    )


def _unreadable(body: bytes, station: str, reason: str, size_bytes: int) -> Received:
    """A body of a later version: what can be told of it is its station and its item id."""
    named: Any = None
    identity: Any = None
    try:
        fields = Fields(loads(body), "message")
        named = fields.get(1, "station", str, station)
        identity = fields.need(2, "item id", bytes)
    except WireError:
        pass
    if named is not None:
        _check_station(named, station)
    if identity is None or len(identity) != ITEM_ID_BYTES:
        identity = hashlib.blake2b(body, digest_size=ITEM_ID_BYTES).digest()
    return Received(station, identity, UNKNOWN_KIND, body, b"", Unreadable(reason), size_bytes)


def _check_station(named: str, station: str) -> None:
    if named != station:
        raise WrongStation(f"the message is signed by {station} but names {named!r}")


def _read_payload(message: Message, unseal: PrivateKey) -> Content:
    try:
        return _READERS[message.kind](message, unseal)
    except Exception as error:
        # The station is trusted, its software's version is not: whatever a decoder raises on
        # these bytes, the item is kept and shown, and the next one is received.
        return Unreadable(str(error) or type(error).__name__)


def _read_sighting(message: Message, _: PrivateKey) -> Sighting:
    sighting = decode_sighting(message.payload)
    _check_inner_station(sighting.station, message.station)
    return sighting


def _read_crop(message: Message, _: PrivateKey) -> CropMessage:
    crop = decode_crop(message.payload)
    if media_type_of(crop.data) == UNKNOWN:
        raise WireError(f"the bytes are no picture, though called {crop.ref.media_type}")
    return crop


def _read_heartbeat(message: Message, _: PrivateKey) -> Heartbeat:
    heartbeat = decode_heartbeat(message.payload)
    _check_inner_station(heartbeat.station, message.station)
    return heartbeat


def _read_evidence(message: Message, unseal: PrivateKey) -> Evidence:
    return Evidence(message.payload, open_evidence(message.payload, unseal))


def open_evidence(sealed: bytes, unseal: PrivateKey) -> Burst:
    """The burst in an evidence file. Raises SealError, SpoolError."""
    return open_burst(sealed, unseal_content_key(sealed, unseal))


def _check_inner_station(named: str, station: str) -> None:
    if named != station:
        raise WireError(f"it names station {named!r}, but {station} sent it")


_READERS: dict[ItemKind, Callable[[Message, PrivateKey], Content]] = {
    ItemKind.SIGHTING: _read_sighting,
    ItemKind.CROP: _read_crop,
    ItemKind.HEARTBEAT: _read_heartbeat,
    ItemKind.EVIDENCE: _read_evidence,
}
