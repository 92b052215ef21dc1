"""What the sun's height says of the light, before any picture was taken."""

from __future__ import annotations

from datetime import datetime

from edge.capture.light.phase import Phase
from edge.capture.trigger.sun import Place

_DEGREES_A_LEVEL = 3
_CIVIL_TWILIGHT_DEG = -6.0
_SUN_LEVELS = 1000
"""Added to levels of the sun, to tell them from those of the hours of the day."""


def height_deg(place: Place, utc: datetime) -> float:
    """How high the sun stands at ``place``: above the horizon, in degrees, below it under 0."""
    from astral import Observer, sun

    latitude_deg = max(-89.9, min(89.9, float(place.latitude_deg)))  # astral knows no poles
    return float(sun.elevation(Observer(latitude_deg, float(place.longitude_deg)), utc))


def phase_at(height: float) -> Phase:
    """What it is under a clear sky while the sun stands ``height`` degrees high."""
    if height >= 0:
        return Phase.DAY
    return Phase.DUSK if height >= _CIVIL_TWILIGHT_DEG else Phase.NIGHT


def level_at(height: float) -> int:
    """The level for an exposure memory: steps of 3 degrees."""
    return _SUN_LEVELS + round(height / _DEGREES_A_LEVEL)
