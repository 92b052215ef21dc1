"""What is inside a signed and sealed message, what an acknowledgement says, and their topics."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.records import ItemKind
from edge.wire.cbor import Fields, dumps, loads
from edge.wire.errors import WireError

ITEM_ID_BYTES = 16
TOPIC_ROOT = "irbis/1"


_KINDS = (
    ItemKind.SIGHTING,
    ItemKind.CROP,
    ItemKind.HEARTBEAT,
    ItemKind.EVIDENCE,
)


@dataclass(frozen=True, slots=True)
class Message:
    """One item from one station. ``item_id`` is the same however often it is sent."""

    station: str
    item_id: bytes
    kind: ItemKind
    payload: bytes = field(repr=False)


def item_id(*parts: str | int) -> bytes:
    """The id of an outbox item, derived from what it is: made twice, it is still one item."""
    text = "\x00".join(str(part) for part in parts)
    return hashlib.blake2b(
        text.encode(), digest_size=ITEM_ID_BYTES, person=b"irbis item 1"
    ).digest()


def encode_message(message: Message) -> bytes:
    """The body of a message, before signing and sealing."""
    return dumps(
        {
            1: message.station,
            2: message.item_id,
            3: _KINDS.index(message.kind),
            4: message.payload,
        }
    )


def decode_message(data: bytes) -> Message:
    """The message in a body. Raises WireError."""
    fields = Fields(loads(data), "message")
    number = fields.need(3, "kind", int)
    if not 0 <= number < len(_KINDS):
        raise WireError(f"message: kind {number} is not known here; update basecamp")
    return Message(
        station=fields.need(1, "station", str),
        item_id=fields.octets(2, "item id", ITEM_ID_BYTES),
        kind=_KINDS[number],
        payload=fields.need(4, "payload", bytes),
    )


def encode_acknowledgement(item_ids: Iterable[bytes]) -> bytes:
    """The body of an acknowledgement: the ids of the items that are stored."""
    return dumps(list(item_ids))


def decode_acknowledgement(data: bytes) -> list[bytes]:
    """The ids in an acknowledgement. Raises WireError."""
    value = loads(data)
    if not isinstance(value, list) or not all(map(_is_item_id, value)):
        raise WireError("acknowledgement: expected an array of item ids of 16 bytes")
    return value


def _is_item_id(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == ITEM_ID_BYTES


def uplink_topic(station: str) -> str:
    """Where a station publishes."""
    return f"{TOPIC_ROOT}/{station}/up"


def acknowledgement_topic(station: str) -> str:
    """Where basecamp answers it."""
    return f"{TOPIC_ROOT}/{station}/ack"
