"""What `irbis bench radio` sends: a leopard, a person, a heartbeat, and a flank of about 2 kB."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from edge.records import (
    Box,
    ClockQuality,
    Crop,
    Heartbeat,
    Identity,
    ObservationType,
    Part,
    Side,
    Sighting,
    Vitals,
)
from tools.bench.pictures import photographs, synthetic

STATION = "ridge-2"
CATALOGUE = ("Asel", "Bars", "Tuman")
_NIGHT = datetime(2026, 3, 1, 22, 14, 5, 120_000, tzinfo=UTC)


def leopard() -> Sighting:
    """A leopard that a catalogue was asked about: the longest sighting there is."""
    return Sighting(
        station=STATION,
        burst_id="00112233445566778899aabbccddeeff",
        captured_at=_NIGHT,
        clock=ClockQuality.RTC,
        frame_count=3,
        observation_type=ObservationType.ANIMAL,
        target=True,
        target_score=0.973,
        species=(("Panthera uncia", 0.91),),
        count=1,
        side=Side.LEFT,
        quality=0.62,
        reason="",
        doubts=(),
        crops=(),
        descriptors=(),
        models=(),
        vitals=Vitals(12_760, -18.0),
        identities=(Identity("Tuman", 0.7), Identity("Asel", 0.1)),
        not_in_catalogue=0.15,
    )


def person() -> Sighting:
    """Two people: an alert."""
    return replace(
        leopard(),
        burst_id="ffeeddccbbaa99887766554433221100",
        observation_type=ObservationType.HUMAN,
        target=False,
        target_score=0.004,
        species=(),
        count=2,
        side=Side.UNCLEAR,
        quality=0.0,
        identities=(),
        not_in_catalogue=None,
        people=True,
    )


def heartbeat() -> Heartbeat:
    """A station at work."""
    return Heartbeat(
        station=STATION,
        sent_at=_NIGHT,
        clock=ClockQuality.RTC,
        uptime_s=9000,
        software="0.1.0",
        counters=(("blank_dropped", 9800), ("bursts", 10_430)),
        outbox_items=12,
        unjudged_bursts=1,
        free_bytes=21_400_000_000,
        alarms=(),
        vitals=Vitals(12_760, -18.0),
    )


def flank() -> Crop:
    """The demo's photograph that takes the most of a flank's budget, as the station encodes it."""
    from edge.vision.decode import decode
    from edge.vision.encode import FLANK_SMALL, encode
    from edge.vision.errors import DecodeError

    made = []
    for data in photographs() or synthetic(3):
        try:
            made.append(encode(decode(data, 640).pixels, FLANK_SMALL))
        except DecodeError:
            continue  # the demo holds a damaged frame on purpose
    best = max((one for one in made if one is not None), key=lambda one: len(one.data))
    return Crop(
        Part.FLANK, Side.LEFT, 0, Box(0, 0, 1, 1), FLANK_SMALL.media_type,
        best.width_px, best.height_px, 0.62, best.data,
    )  # fmt: skip
