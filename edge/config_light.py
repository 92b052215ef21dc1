"""The section ``[capture.light]``: lamp, infrared filter, day and night, exposure by what moves.

What each value does stands in ``edge/capture/light``.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from edge.config_gpio import GpioLine
from edge.config_uplink import Section


class Output(GpioLine):
    """An output line, named as a sensor's is."""

    active_low: bool = False
    """On as the pin is low."""


class Lamp(Output):
    """A lamp that burns while a burst is taken by night, and at no other time."""

    watts: float = Field(gt=0, le=200)
    """What it draws while it burns."""
    infrared: bool = True
    """``false``: a white one."""
    most_s: float = Field(default=20.0, gt=0, le=600)
    """In one burst."""
    most_j_a_night: float | None = Field(default=None, gt=0)
    """Absent: as much as bursts call for."""
    settle_s: float = Field(default=0.1, ge=0, le=2)
    """From its switch until pictures are wholly in its light: its own rise, and an exposure."""


class Filter(Section):
    """The filter that keeps infrared out by day: held out by ``out`` alone, or sent out and in by
    pulses on ``out`` and ``back``."""

    out: Output
    back: Output | None = None
    pulse_s: float = Field(default=0.1, gt=0, le=2)
    """Where there is a ``back``."""


class Light(Section):
    """By what light pictures are taken."""

    lamp: Lamp | None = None
    filter: Filter | None = None
    night_lx: float = Field(default=2.0, gt=0, le=10_000)
    dusk_lx: float = Field(default=30.0, gt=0, le=100_000)
    """Below these it is night, and dusk; it is over when there is ``back`` times as much light."""
    back: float = Field(default=4.0, ge=1, le=100)
    dwell_s: float = Field(default=120.0, ge=0, le=900)
    """Light that does not stay so long changes nothing."""
    aperture: float = Field(default=2.0, gt=0, le=64)
    """The lens's f-number: with it lux are told from exposures."""
    latitude_deg: int | None = Field(default=None, ge=-90, le=90)
    longitude_deg: int | None = Field(default=None, ge=-180, le=180)
    """Whole degrees, for the sun's height as the camera wakes. Never sent: they stay in this file,
    and in the station's copy of the file that armed it last."""
    meter: bool = True
    """Expose by what moved, where the camera can be told."""
    longest_ms: float = Field(default=20.0, gt=0, le=1000)
    """Of a picture exposed so: an animal walks."""
    highest_gain: float = Field(default=16.0, ge=1, le=1024)
    darker_step_ev: float = Field(default=1.5, gt=0, le=4)
    """By so many stops darker, picture by picture, while what moved is burnt out."""
    bracket_ev: float = Field(default=3.0, ge=0, le=6)
    """By so many stops darker is one early picture by lamplight, whatever was seen; 0: none is."""
    most_darker_ev: float = Field(default=6.0, ge=0, le=12)
    most_brighter_ev: float = Field(default=2.0, ge=0, le=6)

    @model_validator(mode="after")
    def _values_fit(self) -> Light:
        if self.night_lx * self.back > self.dusk_lx:
            raise ValueError("dusk_lx must be above night_lx by the factor back, or more")
        if (self.latitude_deg is None) != (self.longitude_deg is None):
            raise ValueError("give latitude_deg and longitude_deg, or neither")
        return self
