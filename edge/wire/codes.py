"""The numbers that stand for words on the air, and the sizes that several records share.

A number is never given a new meaning.
"""

from __future__ import annotations

from edge.records import ClockQuality, ObservationType, Part, Side

CLOCKS = (ClockQuality.UNSET, ClockQuality.RTC, ClockQuality.NTP, ClockQuality.GPS)
OBSERVATION_TYPES = (
    ObservationType.BLANK,
    ObservationType.ANIMAL,
    ObservationType.HUMAN,
    ObservationType.VEHICLE,
    ObservationType.UNKNOWN,
)
SIDES = (Side.UNCLEAR, Side.LEFT, Side.RIGHT, Side.FRONT, Side.REAR)
PARTS = (Part.FRAME, Part.ANIMAL, Part.FLANK, Part.HEAD)
BURST_ID_BYTES = 16
MEDIA_TYPES = ("image/avif", "image/webp", "image/jpeg")
