"""[clock]: who tells a station the time, beside network and controller."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from edge.config_uplink import Section


class Clock(Section):
    """Where the time comes from (docs/clock.md)."""

    gnss: Path | None = None
    """The line of a satellite receiver that speaks NMEA 0183: ``/dev/ttyAMA2``, ``/dev/ttyACM0``.
    Its time is taken, its place is not."""
    gnss_baud: int = Field(default=9600, ge=1200, le=921_600)
    gnss_every_s: float = Field(default=3600.0, ge=10, le=10_800)
    """Between two looks, once it has told the time."""
