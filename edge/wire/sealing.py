"""Who speaks, and to whom: what every message a station makes has in common."""

from __future__ import annotations

from dataclasses import dataclass

from edge.records import ItemKind
from edge.security.envelope import seal_message
from edge.security.keys import BasecampToken, StationKey
from edge.wire.message import Message, encode_message


@dataclass(frozen=True, slots=True)
class Identity:
    """A station's name and key, and the basecamp it speaks to."""

    station: str
    key: StationKey
    basecamp: BasecampToken

    def seal(self, item_id: bytes, kind: ItemKind, payload: bytes) -> bytes:
        """A signed and sealed message with ``payload``."""
        message = Message(self.station, item_id, kind, payload)
        return seal_message(encode_message(message), self.key, self.basecamp)
