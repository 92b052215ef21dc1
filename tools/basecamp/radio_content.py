"""From an opened radio frame to what it says; what cannot be read is content too."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from edge.wire.air.beacon import Beacon, decode_beacon
from edge.wire.air.channel import Opened
from edge.wire.air.fragments import Fragment, NotHere, decode_fragment
from edge.wire.air.frame import Stream
from edge.wire.air.heartbeat import RadioHeartbeat, decode_radio_heartbeat
from edge.wire.air.kinds import RecordKind, kind_of, sequence_of
from edge.wire.air.moment import Uptime, moment_code
from edge.wire.air.sighting import RadioSighting, decode_radio_sighting
from edge.wire.errors import WireError
from tools.basecamp.content import UNKNOWN_KIND, Unreadable

SIGHTING_KIND = "radio sighting"
HEARTBEAT_KIND = "radio heartbeat"
_ITEM_ID_BYTES = 16

RadioContent = RadioSighting | RadioHeartbeat | Beacon | Fragment | NotHere | Unreadable


@dataclass(frozen=True, slots=True)
class RadioRecord:
    """What an authentic frame says. ``sequence`` is the number to acknowledge, None without."""

    content: RadioContent
    sequence: int | None
    record: bytes = field(repr=False)

    @property
    def kind(self) -> str:
        """As items are counted by."""
        match self.content:
            case RadioSighting():
                return SIGHTING_KIND
            case RadioHeartbeat():
                return HEARTBEAT_KIND
            case _:
                return UNKNOWN_KIND

    @property
    def item_id(self) -> bytes:
        """16 bytes, the same however often the record is sent."""
        name = _name_of(self.content) if isinstance(self.content, RadioSighting) else self.record
        return hashlib.blake2b(
            name, digest_size=_ITEM_ID_BYTES, person=b"irbis radio item"
        ).digest()


def _name_of(sighting: RadioSighting) -> bytes:
    """What makes it this sighting, whatever number it bears."""
    moment = moment_code(sighting.moment).to_bytes(6, "big")
    return sighting.reference + bytes((isinstance(sighting.moment, Uptime),)) + moment


def read_radio(opened: Opened) -> RadioRecord:
    """What ``opened`` holds. Never raises: a record that cannot be decoded is Unreadable."""
    record = opened.content
    try:
        if opened.stream is Stream.BEACON:
            return RadioRecord(decode_beacon(record), None, record)
        content = read_record(record)
    except WireError as error:
        content = Unreadable(str(error))
    return RadioRecord(content, _acknowledgeable(content, record), record)


def read_record(record: bytes) -> RadioContent:
    """The content of a record that goes up. Raises WireError."""
    kind = kind_of(record)
    match kind:
        case RecordKind.SIGHTING:
            return decode_radio_sighting(record)
        case RecordKind.HEARTBEAT:
            return decode_radio_heartbeat(record)
        case RecordKind.FRAGMENT:
            return decode_fragment(record)
        case _:
            raise WireError(f"a station does not send a {kind.name.lower()}")


def _acknowledgeable(content: RadioContent, record: bytes) -> int | None:
    """The number of a record, understood or not; fragments have none."""
    return None if isinstance(content, Fragment | NotHere) else sequence_of(record)
