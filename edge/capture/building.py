"""From ``[capture]`` to the camera and the triggers that it names. Nothing is opened here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, count
from pathlib import Path

from edge.capture.camera.camera import Camera, CameraTerms
from edge.capture.making import BurstTerms
from edge.capture.trigger.firing import Trigger
from edge.capture.trigger.pacing import PacingTerms
from edge.capture.trigger.pushed import ControllerTrigger
from edge.capture.trigger.schedule import Daily, Every, ScheduleTrigger
from edge.capture.trigger.schedule import Schedule as Times
from edge.capture.trigger.storm import StormTerms
from edge.capture.triggered import SourceTerms
from edge.capture.watch import WatchTerms
from edge.config_capture import Button, Capture, ControllerPir, Gpio, Picture, Schedule
from edge.errors import ConfigError

JETSON = "jetson"
"""As a pipeline: the camera module of a Jetson."""
LEAST_A_SECOND = 10
"""Pictures that a pipeline gives; the newest is then from the last tenth of a second."""
_OTHERS = frozenset({"test", "second look"})
"""Who fires besides sensors."""
_DEFAULT_NAMES = {"gpio": "pir", "controller": "controller", "schedule": "schedule"}


def camera_of(capture: Capture) -> Camera:
    """The lens. Raises ConfigError for pictures to replay that are not there."""
    terms = picture_terms(capture.picture)
    if capture.camera == "pi":
        from edge.capture.camera.pi import PiCamera

        return PiCamera(terms, capture.module)
    if capture.camera == "v4l2":
        from edge.capture.camera.opencv import OpenCvCamera

        return OpenCvCamera(capture.device, terms)
    if capture.camera == "gstreamer" and capture.pipeline is not None:
        from edge.capture.camera.gstreamer import GStreamerCamera, jetson_source

        is_jetson = capture.pipeline == JETSON
        source = jetson_source(capture.module, terms) if is_jetson else capture.pipeline
        return GStreamerCamera(source, terms, _most_a_second(capture))
    if capture.camera == "replay":
        from edge.capture.camera.replay import ReplayCamera

        return ReplayCamera(_pictures(capture.path), terms, endless=True)
    raise ConfigError(f'[capture] camera: "{capture.camera}" is no lens of the station\'s own')


def picture_terms(picture: Picture) -> CameraTerms:
    """What is asked of a camera; the small picture as high as its shape is the large one's."""
    height_px = picture.small_width_px * picture.height_px / picture.width_px
    even_px = min(4096, max(2, 2 * round(height_px / 2)))
    given = {**picture.model_dump(), "small_height_px": picture.small_height_px or even_px}
    return CameraTerms(**given)


def _most_a_second(capture: Capture) -> int:
    """How many pictures are worth encoding: more than are taken, so that the newest is a new one;
    0 where they are taken as fast as the camera can."""
    if not capture.burst.interval_s:
        return 0
    taken = max(1 / capture.burst.interval_s, capture.ring.frames / capture.ring.seconds)
    return max(LEAST_A_SECOND, math.ceil(2 * taken))


def terms_of(capture: Capture) -> SourceTerms:
    """How bursts are taken, and how often. Raises ConfigError where the values contradict."""
    burst, ring = capture.burst, capture.ring
    try:
        return SourceTerms(
            WatchTerms(
                BurstTerms(burst.interval_s, burst.frames, burst.bytes, burst.second_look_frames),
                capture.asleep,
                ring.frames,
                ring.bytes,
                ring.seconds,
                burst.second_look_s,
            ),
            PacingTerms(**capture.pacing.model_dump()),
            StormTerms(**capture.storm.model_dump()),
            capture.silent_s,
        )
    except ValueError as error:
        raise ConfigError(f"[capture]: {error}") from error


def sensors_of(
    capture: Capture, utc: Callable[[], datetime]
) -> tuple[tuple[Trigger, ...], tuple[ControllerTrigger, ...]]:
    """All triggers but the test's, and those among them that the controller is to tell.

    ``utc`` is the time by the station's best clock, which also stamps the controller's events.
    """
    sensors: list[Trigger] = []
    pushed: list[ControllerTrigger] = []
    for name, wanted in _named(capture):
        if isinstance(wanted, ControllerPir):
            pushed.append(ControllerTrigger(utc, name))
            sensors.append(pushed[-1])
        elif isinstance(wanted, Gpio):
            sensors.append(_gpio(wanted, name))
        else:
            sensors.append(ScheduleTrigger(_times(wanted), utc, name))
    return tuple(sensors), tuple(pushed)


def _named(capture: Capture) -> Iterator[tuple[str, Gpio | ControllerPir | Schedule]]:
    """Each with a name of its own: storms and debouncing go by it."""
    used = set(_OTHERS)
    for wanted in capture.triggers:
        if isinstance(wanted, Button):
            continue
        asked = wanted.name or _DEFAULT_NAMES[wanted.kind]
        names = chain([asked], (f"{asked}-{number}" for number in count(2)))
        name = next(one for one in names if one not in used)
        used.add(name)
        yield name, wanted


def _gpio(wanted: Gpio, name: str) -> Trigger:
    falls = wanted.edge == "falling"
    if wanted.backend == "gpiod":
        from edge.capture.trigger.gpio import GpioTrigger, Line

        return GpioTrigger(Line(wanted.line, wanted.chip, falls, wanted.bias), name)
    from edge.capture.trigger.gpio_api import GpioApiTrigger, Library

    library: Library = "RPi.GPIO" if wanted.backend == "rpi-gpio" else "Jetson.GPIO"
    return GpioApiTrigger(int(wanted.line), library, wanted.numbering, falls, name)


def _times(wanted: Schedule) -> Times:
    if wanted.every_s is not None:
        return Every(timedelta(seconds=wanted.every_s))
    if wanted.times:
        return Daily(wanted.times)
    from edge.capture.trigger.sun import BySun, Place, SunEvent

    assert wanted.sun is not None and wanted.latitude_deg is not None
    assert wanted.longitude_deg is not None  # the configuration was validated
    place = Place(wanted.latitude_deg, wanted.longitude_deg)
    return BySun(place, SunEvent(wanted.sun), timedelta(seconds=wanted.offset_s))


def _pictures(path: Path | None) -> Sequence[Path]:
    from edge.capture.listing import is_picture

    if path is None:
        raise ConfigError("[capture] path: name the pictures to replay")
    if path.is_file():
        return (path,)
    found = sorted(one for one in path.rglob("*") if is_picture(one)) if path.is_dir() else []
    if not found:
        raise ConfigError(f"[capture] path: there is no picture to replay in {path}")
    return found
