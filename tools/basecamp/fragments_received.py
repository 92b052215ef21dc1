"""A crop that came over radio, as if it had come over a wider link."""

from __future__ import annotations

from edge.records import ItemKind
from edge.security.keys import BasecampKey
from edge.wire.air.fragments_crop import open_crop
from edge.wire.message import Message, encode_message, item_id
from tools.basecamp.content import Received, read_body
from tools.basecamp.fragments import CropArrived


def received_crop(arrived: CropArrived, station: str, key: BasecampKey) -> Received:
    """The item that the crop is in the station's outbox, for the store and the acknowledgement.

    Its id is made as the station makes it: whichever way a crop came first, it is stored once.
    Raises SealError, and WireError for the crop of another burst.
    """
    crop, record = open_crop(arrived.content, arrived.name, key)
    name = item_id(crop.burst_id, ItemKind.CROP, arrived.name.picture)
    body = encode_message(Message(station, name, ItemKind.CROP, record))
    return read_body(body, station, key.unseal, len(arrived.content))
