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
from edge.wire.air.pack import unpacked
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


def read_radio(opened: Opened) -> list[RadioRecord]:
    """What ``opened`` holds: one record, or those of a pack. Never raises: what cannot be decoded
    is Unreadable."""
    if opened.stream is Stream.BEACON:
        return [RadioRecord(_read_beacon(opened.content), None, opened.content)]
    return read_records(opened.content)


def _read_beacon(content: bytes) -> Beacon | Unreadable:
    try:
        return decode_beacon(content)
    except WireError as error:
        return Unreadable(str(error))


def read_records(content: bytes) -> list[RadioRecord]:
    """The records in what a station sealed. A pack that cannot be taken apart is one record, and
    Unreadable; so is each of its records that cannot be decoded."""
    try:
        records = unpacked(content)
    except WireError as error:
        return [RadioRecord(Unreadable(str(error)), sequence_of(content), content)]
    return [_read_record(record) for record in records]


def _read_record(record: bytes) -> RadioRecord:
    content: RadioContent
    try:
        content = _decoded(record)
    except WireError as error:
        content = Unreadable(str(error))
    return RadioRecord(content, _number_in(record), record)


def _number_in(record: bytes) -> int | None:
    """The number to acknowledge, whether the record can be read or not; fragments have none."""
    is_fragment = record[:1] != b"" and record[0] >> 4 == RecordKind.FRAGMENT
    return None if is_fragment else sequence_of(record)


def _decoded(record: bytes) -> RadioContent:
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
