"""From ``[capture.light]`` to lamp, filter and the camera that has them. Nothing is opened here."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from edge.capture.camera.camera import Camera
from edge.capture.light.filter import HeldFilter, IrCut, LatchingFilter
from edge.capture.light.lamp import Lamp, LampTerms
from edge.capture.light.lines import GpioApiOutput, GpiodOutput, OutputLine
from edge.capture.light.lit_camera import LightTerms, LitCamera
from edge.capture.light.metering import MeterTerms
from edge.capture.light.phase import Phase, PhaseTerms
from edge.capture.light.sun_height import height_deg, level_at, phase_at
from edge.capture.light_levels import level_of_day
from edge.capture.trigger.gpio import Line
from edge.capture.trigger.sun import Place
from edge.config_light import Filter, Light, Output
from edge.records import ClockQuality

if TYPE_CHECKING:
    from edge.capture.trigger.gpio_api import Library

Clock = Callable[[], tuple[datetime, ClockQuality]]


def lit(camera: Camera, light: Light, clock: Clock) -> LitCamera:
    """``camera`` with what ``light`` names. ``clock`` tells the time and how good it is."""
    return _lit(camera, light, lambda: _phase(light, clock))


def in_lamplight(camera: Camera, light: Light) -> LitCamera:
    """The same as if it were night: for somebody who tries the lamp. It is to be released."""
    return _lit(camera, light, lambda: Phase.NIGHT)


def _lit(camera: Camera, light: Light, supposed: Callable[[], Phase | None]) -> LitCamera:
    lamp = None
    if light.lamp is not None:
        wanted = light.lamp
        most_j = math.inf if wanted.most_j_a_night is None else wanted.most_j_a_night
        terms = LampTerms(wanted.watts, wanted.infrared, wanted.most_s, most_j, wanted.settle_s)
        lamp = Lamp(_line(wanted), terms)
    ir_cut = None if light.filter is None else _filter(light.filter)
    return LitCamera(camera, terms_of(light), lamp, ir_cut, supposed)


def level_now(light: Light, clock: Clock) -> int:
    """How light it should be, for an exposure memory: by the sun where the place and the time are
    known, else by the hour."""
    height = _height(light, clock)
    return level_of_day(clock()[0]) if height is None else level_at(height)


def is_day(light: Light, clock: Clock) -> bool | None:
    """Whether it is day by the sun; None where the place or the time is not known."""
    phase = _phase(light, clock)
    return None if phase is None else phase is Phase.DAY


def terms_of(light: Light) -> LightTerms:
    """The values, as the parts want them."""
    phase = PhaseTerms(
        light.night_lx, light.dusk_lx, light.back, light.dwell_s, max(300.0, light.dwell_s)
    )
    meter = None
    if light.meter:
        longest_us = max(1, round(light.longest_ms * 1000))
        meter = MeterTerms(
            shortest_us=min(50, longest_us),
            longest_us=longest_us,
            highest_gain=light.highest_gain,
            step_ev=light.darker_step_ev,
            most_darker_ev=light.most_darker_ev,
            most_brighter_ev=light.most_brighter_ev,
            bracket_ev=light.bracket_ev,
        )
    return LightTerms(phase, meter, light.aperture)


def _phase(light: Light, clock: Clock) -> Phase | None:
    height = _height(light, clock)
    return None if height is None else phase_at(height)


def _height(light: Light, clock: Clock) -> float | None:
    now, quality = clock()
    if light.latitude_deg is None or light.longitude_deg is None or quality is ClockQuality.UNSET:
        return None
    try:
        return height_deg(Place(light.latitude_deg, light.longitude_deg), now)
    except (ValueError, OverflowError):  # a clock at the end of the calendar
        return None


def _filter(wanted: Filter) -> IrCut:
    if wanted.back is None:
        return HeldFilter(_line(wanted.out))
    return LatchingFilter(_line(wanted.out), _line(wanted.back), wanted.pulse_s)


def _line(wanted: Output) -> OutputLine:
    if wanted.backend == "gpiod":
        return GpiodOutput(Line(wanted.line, wanted.chip, wanted.active_low))
    library: Library = "RPi.GPIO" if wanted.backend == "rpi-gpio" else "Jetson.GPIO"
    return GpioApiOutput(int(wanted.line), library, wanted.numbering, wanted.active_low)
