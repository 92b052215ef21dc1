"""Messages as a station makes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image

from edge.records import (
    Box,
    Burst,
    ClockQuality,
    Crop,
    Frame,
    Heartbeat,
    ItemKind,
    ObservationType,
    Part,
    Side,
    Sighting,
    Vitals,
)
from edge.security.evidence import new_content_key, seal_chunks
from edge.security.keys import BasecampKey
from edge.spool.contents import to_chunks
from edge.wire.crop import encode_crop, reference
from edge.wire.heartbeat import encode_heartbeat
from edge.wire.message import Message, item_id
from edge.wire.sighting import encode_sighting

NOON = datetime(2025, 11, 2, 12, 0, tzinfo=UTC)


def picture(shade: int, media_type: str = "image/webp") -> bytes:
    """A real picture file of one colour."""
    file = BytesIO()
    Image.new("RGB", (48, 32), (shade, 120, 90)).save(file, media_type.removeprefix("image/"))
    return file.getvalue()


def burst_id(number: int) -> str:
    return f"{number:032x}"


def crop(shade: int = 10, part: Part = Part.FLANK) -> Crop:
    data = picture(shade)
    return Crop(part, Side.LEFT, 0, Box(0, 0, 1, 1), "image/webp", 48, 32, 0.8, data)


def sighting(number: int = 1, *crops: Crop, station: str = "ridge-2", **changes: Any) -> Sighting:
    made = Sighting(
        station=station,
        burst_id=burst_id(number),
        captured_at=NOON + timedelta(minutes=number),
        clock=ClockQuality.GPS,
        frame_count=3,
        observation_type=ObservationType.ANIMAL,
        target=True,
        target_score=0.93,
        species=(("Panthera uncia", 0.91), ("Capra sibirica", 0.04)),
        count=1,
        side=Side.LEFT,
        quality=0.7,
        reason="seen in 3 of 3 frames",
        doubts=(),
        crops=tuple(reference(crop) for crop in crops),
        descriptors=(),
        models=(("detector", "megadetector-lite-320-int8"),),
        vitals=Vitals(battery_mv=3900),
    )
    return replace(made, **changes)


def sighting_message(made: Sighting) -> Message:
    return Message(
        made.station,
        item_id("sighting", made.station, made.burst_id),
        ItemKind.SIGHTING,
        encode_sighting(made),
    )


def crop_message(number: int, made: Crop, station: str = "ridge-2") -> Message:
    identity = item_id("crop", station, number, reference(made).sha256.hex())
    return Message(station, identity, ItemKind.CROP, encode_crop(burst_id(number), made))


def heartbeat_message(number: int = 1, station: str = "ridge-2", **changes: Any) -> Message:
    made = Heartbeat(
        station=station,
        sent_at=NOON + timedelta(minutes=15 * number),
        clock=ClockQuality.GPS,
        uptime_s=86400 + 900 * number,
        software="irbis 0.1.0",
        counters=(("blank", 412), ("bursts", 430), ("target", 3)),
        outbox_items=2,
        unjudged_bursts=0,
        free_bytes=21_400_000_000,
        alarms=(),
        vitals=Vitals(battery_mv=3870, temperature_c=-11.5),
    )
    made = replace(made, **changes)
    identity = item_id("heartbeat", station, number)
    return Message(station, identity, ItemKind.HEARTBEAT, encode_heartbeat(made))


def burst(number: int = 1, *frames: bytes) -> Burst:
    return Burst(
        burst_id=burst_id(number),
        captured_at=NOON,
        clock=ClockQuality.RTC,
        frames=tuple(Frame(data, NOON + timedelta(seconds=i)) for i, data in enumerate(frames)),
    )


def sealed(made: Burst, key: BasecampKey) -> bytes:
    return b"".join(seal_chunks(to_chunks(made), new_content_key(), key.token.seal))


def evidence_message(made: Burst, key: BasecampKey, station: str = "ridge-2") -> Message:
    identity = item_id("evidence", station, made.burst_id)
    return Message(station, identity, ItemKind.EVIDENCE, sealed(made, key))
