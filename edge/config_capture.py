"""The section ``[capture]`` of a station's configuration: where bursts come from, and when.

Every value has its unit and its default here. What is made of them stands in ``edge/lens.py``.
"""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from edge.config_gpio import GpioLine
from edge.config_light import Light
from edge.config_uplink import Section

Name = Annotated[str, Field(min_length=1, max_length=32)]


class Gpio(GpioLine):
    """A motion sensor on a GPIO line."""

    kind: Literal["gpio"]
    name: Name | None = None
    """What counters and alarms call it; absent: ``pir``, ``pir-2``, ..."""
    edge: Literal["rising", "falling"] = "rising"
    bias: Literal["as_is", "disabled", "pull_up", "pull_down"] = "as_is"

    @model_validator(mode="after")
    def _backend_has_a_bias(self) -> Gpio:
        if self.backend != "gpiod" and self.bias != "as_is":
            raise ValueError('bias belongs to backend = "gpiod"')
        return self


class ControllerPir(Section):
    """The motion sensor of the microcontroller in ``[controller]``."""

    kind: Literal["controller"]
    name: Name | None = None


class Schedule(Section):
    """Bursts by the clock: give ``every_s``, ``times`` or ``sun``."""

    kind: Literal["schedule"]
    name: Name | None = None
    every_s: float | None = Field(default=None, ge=1, le=86_400 * 366)
    times: tuple[time, ...] = ()
    """Times of day, UTC."""
    sun: Literal["dawn", "sunrise", "noon", "sunset", "dusk"] | None = None
    offset_s: float = Field(default=0.0, ge=-43_200, le=43_200)
    """So long after what the sun does; before it where below 0."""
    latitude_deg: int | None = Field(default=None, ge=-90, le=90)
    longitude_deg: int | None = Field(default=None, ge=-180, le=180)
    """Whole degrees: good to some minutes, and no place that anyone could walk to. It stays in this
    file."""

    @field_validator("times")
    @classmethod
    def _times_are_utc(cls, value: tuple[time, ...]) -> tuple[time, ...]:
        if any(one.tzinfo is not None for one in value):
            raise ValueError('are in UTC, and name no zone: "06:30"')
        return value

    @model_validator(mode="after")
    def _one_schedule(self) -> Schedule:
        given = (self.every_s is not None, bool(self.times), self.sun is not None)
        if sum(given) != 1:
            raise ValueError("give one of every_s, times and sun")
        placed = (self.latitude_deg is not None, self.longitude_deg is not None)
        if self.sun is not None and not all(placed):
            raise ValueError("sun needs latitude_deg and longitude_deg, in whole degrees")
        if self.sun is None and (any(placed) or self.offset_s):
            raise ValueError("latitude_deg, longitude_deg and offset_s belong to sun")
        return self


class Button(Section):
    """Nothing but the test shot, which every station with a lens of its own takes: for a desk."""

    kind: Literal["test"]
    name: Name | None = None


Trigger = Annotated[Gpio | ControllerPir | Schedule | Button, Field(discriminator="kind")]


class Picture(Section):
    """What the camera is asked for. Sizes are even."""

    width_px: int = Field(default=1920, ge=2, le=16_384, multiple_of=2)
    height_px: int = Field(default=1080, ge=2, le=16_384, multiple_of=2)
    small_width_px: int = Field(default=640, ge=2, le=4096, multiple_of=2)
    small_height_px: int | None = Field(default=None, ge=2, le=4096, multiple_of=2)
    """The small picture of the same instant; absent: as high as its shape is the large one's. Of
    another shape it cannot stand for it, and spares nothing."""
    jpeg_quality: int = Field(default=90, ge=1, le=100)
    """Where pictures are encoded here, not by the camera."""


class Ring(Section):
    """Pictures from before the sensor fired. They cost an open camera; see ``asleep``."""

    frames: int = Field(default=4, ge=0, le=1000)
    """0: none."""
    seconds: float = Field(default=2.0, gt=0, le=600)
    """Over which they are spread."""
    bytes: int = Field(default=16_000_000, ge=0)
    """Of memory; with fewer there are fewer frames."""


class Bursts(Section):
    """How many pictures one event has."""

    interval_s: float = Field(default=0.5, ge=0, le=60)
    """Between two of them; 0: as fast as the camera can."""
    frames: int = Field(default=30, ge=1, le=1000)
    """At most, those of the ring included; a sensor that goes on firing gets a further burst."""
    bytes: int = Field(default=32_000_000, ge=100_000)
    """At most, but for one picture; in memory there may be four times as many."""
    second_look_s: float = Field(default=0.0, ge=0, le=3600)
    """So long after a burst of a sensor a short one is taken; 0: none."""
    second_look_frames: int = Field(default=2, ge=1, le=1000)


class Pacing(Section):
    """What firings of a sensor become (``edge/capture/trigger/pacing.py``). No animal is swallowed:
    what fires while a burst is taken prolongs it or begins the next."""

    debounce_s: float = Field(default=0.2, ge=0, le=60)
    """Of one sensor's firings closer than this the first counts."""
    tail_s: float = Field(default=3.0, gt=0, le=600)
    """A burst goes on so long after the last firing."""
    longest_s: float = Field(default=15.0, gt=0, le=3600)
    rest_s: float = Field(default=0.5, ge=0, le=3600)
    """Between two bursts."""
    stale_s: float = Field(default=120.0, ge=0)
    """What is heard of later than this begins no burst: nobody is there any more."""

    @model_validator(mode="after")
    def _tail_fits(self) -> Pacing:
        if self.tail_s > self.longest_s:
            raise ValueError("longest_s must be no less than tail_s")
        return self


class Storm(Section):
    """What one sensor may cost (``edge/capture/trigger/storm.py``): a hot rock fires all noon."""

    most_bursts: int = Field(default=30, ge=1)
    """At a stretch: a herd that passes."""
    per_hour: float = Field(default=30.0, gt=0, le=3600)
    """Thereafter."""
    sample_share: float = Field(default=0.5, gt=0, le=1)
    """Of these, what is spent while it goes on."""
    calm_s: float = Field(default=300.0, gt=0)
    """It is over when the sensor was quiet for so long."""

    @model_validator(mode="after")
    def _calm_earns_a_burst(self) -> Storm:
        least_s = 3600 / self.per_hour
        if self.calm_s < least_s:
            raise ValueError(f"calm_s must be {least_s:.0f} s or more: in it one burst is earned")
        return self


class Capture(Section):
    """Where bursts come from."""

    camera: Literal["folder", "pi", "v4l2", "gstreamer", "replay"] = "folder"
    """``folder``: another program or camera lays pictures down. The others are lenses of the
    station's own, and take what ``triggers`` call for."""
    path: Path | None = None
    """folder: which is watched. replay: a picture, or a folder of them, shown again and again."""
    settle_s: float = Field(default=6.0, gt=0)
    """A burst in a watched folder is complete when nothing in it changed for this long, and never
    before the 5 s that may lie between two pictures of a burst."""
    poll_s: float = Field(default=1.0, gt=0)
    consume: bool = False
    """Delete files from a watched folder once they are sealed in the spool."""
    device: str = Field(default="/dev/video0", min_length=1)
    """v4l2: a device, or a stream's address (``rtsp://...``)."""
    pipeline: str | None = Field(default=None, min_length=1)
    """gstreamer: a pipeline's beginning that ends in ``video/x-raw``, or ``jetson``: the camera
    module ``module`` of a Jetson."""
    module: int = Field(default=0, ge=0, le=15)
    """pi, and gstreamer on a Jetson: which camera module."""
    asleep: bool = False
    """Close the camera between bursts: saves its power, costs the ring and the first moments."""
    silent_s: float = Field(default=10.0, ge=1, le=120)
    """A camera that gives no picture for so long is opened anew."""
    picture: Picture = Picture()
    light: Light = Light()
    ring: Ring = Ring()
    burst: Bursts = Bursts()
    pacing: Pacing = Pacing()
    storm: Storm = Storm()
    triggers: tuple[Trigger, ...] = Field(default=(), max_length=16)

    @model_validator(mode="after")
    def _lens_and_sensors_fit(self) -> Capture:
        if self.camera == "folder":
            if self.triggers:
                raise ValueError('camera = "folder" has no triggers; name a camera that takes them')
            return self
        if not self.triggers:
            raise ValueError(
                f'camera = "{self.camera}" takes what triggers call for; name one in a'
                " [[capture.triggers]]"
            )
        if self.camera == "gstreamer" and self.pipeline is None:
            raise ValueError('camera = "gstreamer" needs a pipeline')
        if self.asleep or not self.ring.frames:
            return self
        if self.ring.frames >= self.burst.frames:
            raise ValueError("burst.frames must be more than ring.frames")
        if self.ring.bytes >= self.burst.bytes:  # else none is left for what comes after the edge
            raise ValueError("burst.bytes must be more than ring.bytes")
        return self
