"""A schedule that goes by the sun: dawn, sunrise, noon, sunset, dusk, and so long before or after.

The sun's times are astral's (PyPI ``astral``, pure Python), imported when they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

_MOST_OFFSET = timedelta(hours=12)
_DAYS = 370
"""Beyond the polar circles the sun may stay away for months, never for a year."""


class SunEvent(StrEnum):
    """What the sun does. Dawn and dusk are the civil ones: 6 degrees below the horizon."""

    DAWN = "dawn"
    SUNRISE = "sunrise"
    NOON = "noon"
    SUNSET = "sunset"
    DUSK = "dusk"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the station stands, in whole degrees and no better: good to some minutes for the sun,
    and a stolen card tells no one where the leopards are. Raises ValueError off the globe."""

    latitude_deg: int
    longitude_deg: int

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude_deg <= 90 and -180 <= self.longitude_deg <= 180):
            raise ValueError("latitude must lie in -90 to 90, longitude in -180 to 180 degrees")


@dataclass(frozen=True, slots=True)
class BySun:
    """``offset`` after each ``event`` at ``place``; before it where below 0. A day on which the sun
    does no such thing has none. Raises ValueError for an offset beyond 12 h."""

    place: Place
    event: SunEvent
    offset: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if abs(self.offset) > _MOST_OFFSET:
            raise ValueError("offset must lie within 12 h")

    def next_after(self, moment: datetime) -> datetime | None:
        for days in range(-2, _DAYS):  # the place's day, and the offset, may lead two days back
            try:
                due = self._on(moment.date() + timedelta(days=days))
                if due is not None and due + self.offset > moment:
                    return due + self.offset
            except OverflowError:  # a clock at either end of the calendar
                continue
        return None

    def _on(self, day: date) -> datetime | None:
        from astral import Observer, sun

        # astral has no answer at the poles themselves, where every direction is the same.
        latitude_deg = max(-89.9, min(89.9, float(self.place.latitude_deg)))
        observer = Observer(latitude_deg, float(self.place.longitude_deg))
        try:
            found: datetime = getattr(sun, self.event)(observer, day)
        except ValueError:  # polar day, polar night
            return None
        return found
