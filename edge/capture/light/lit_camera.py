"""A camera that knows by what light it sees, and helps it where it can."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import numpy as np

from edge.capture.camera.camera import (
    UNKNOWN_EXPOSURE,
    Adjustable,
    Camera,
    Glance,
    Shot,
)
from edge.capture.camera.errors import CameraError, PictureUnreadable
from edge.capture.light.backgrounds import Backgrounds
from edge.capture.light.burst_meter import BurstMeter
from edge.capture.light.filter import IrCut
from edge.capture.light.lamp import Lamp
from edge.capture.light.lux import read
from edge.capture.light.metering import MeterTerms, small
from edge.capture.light.phase import Phase, Phases, PhaseTerms
from edge.records import Exposure
from edge.vision.decode import Pixels
from edge.vision.motion import INFRARED_CHROMA

_log = logging.getLogger("irbis")
_PROBE_S = 2.0
_MOST_SKIPPED = 20
"""Pictures that a driver may have queued, or exposed while a lamp came on."""
_BLACK = 8.0
"""Mean below which a picture has no colours, whatever light there is."""


@dataclass(frozen=True, slots=True)
class LightTerms:
    """``aperture`` is the lens's f-number; without its filter a sensor gets ``passes`` times as
    much light from the sky; ``meter`` is None where exposure is the camera's own affair."""

    phase: PhaseTerms = field(default_factory=PhaseTerms)
    meter: MeterTerms | None = field(default_factory=MeterTerms)
    aperture: float = 2.0
    passes: float = 1.6


class LitCamera:
    """``camera`` with a lamp and an infrared filter, where there are any.

    By night the lamp burns while a burst is taken, from its first picture to its last: a camera
    that meters for itself would open up in the dark in between. ``supposed`` is what the hour or
    the sun says of the light. For one thread, but ``counters`` and ``alarms``.
    """

    def __init__(
        self,
        camera: Camera,
        terms: LightTerms,
        lamp: Lamp | None = None,
        ir_cut: IrCut | None = None,
        supposed: Callable[[], Phase | None] = lambda: None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._camera, self._terms, self._lamp, self._ir_cut = camera, terms, lamp, ir_cut
        self._supposed, self._now_s = supposed, now_s
        self._phases = Phases(terms.phase)
        self._backgrounds = Backgrounds()
        self._in_burst = self._in_lamplight = False
        self._meter: BurstMeter | None = None
        self._runs = self._holds = self._complained = False
        self._lit_exposure = UNKNOWN_EXPOSURE
        self._darkened = False
        self._last_lit: Glance | None = None
        self._filter_moved_s = float("-inf")
        self._counts = {"burnt_out": 0}

    @property
    def phase(self) -> Phase | None:
        """What it is now; None where nothing is known."""
        return self._phases.phase

    @property
    def lamp(self) -> Lamp | None:
        """Its lamp, where it has one."""
        return self._lamp

    @property
    def is_aside(self) -> bool:
        """Whether the last picture is a burst's dark one, and nothing called for it."""
        return self._in_burst and self._meter is not None and self._meter.aside

    def counters(self) -> Mapping[str, int]:
        """Since the start: changes of the phase, pictures in which what moved was burnt out, and
        the lamp's."""
        lamp = {} if self._lamp is None else self._lamp.counters()
        return {**self._counts, "light_changes": self._phases.changes, **lamp}

    def alarms(self) -> Mapping[str, str]:
        """What is wrong now, by its alarm's name."""
        standing = {}
        if self._lamp is not None and self._lamp.trouble:
            standing["lamp-failed"] = self._lamp.trouble
        elif self._lamp is not None and self._lamp.spent:
            standing["lamp-spent"] = "the lamp has burnt as much as it may in one night"
        if self._ir_cut is not None and self._ir_cut.trouble:
            standing["filter-failed"] = self._ir_cut.trouble
        return standing

    # A camera.

    def start(self, exposure: Exposure = UNKNOWN_EXPOSURE) -> None:
        if self._runs:
            return
        if self._lamp is not None:
            self._lamp.open()
        self._suppose(exposure)
        self._move_filter()
        self._camera.start(exposure)
        self._runs = True

    def grab(self, timeout_s: float) -> Shot:
        self._light_up(timeout_s)
        shot = self._camera.grab(timeout_s)
        with self._at_no_picture_s_cost():
            shot = self._seen(shot)
            if shot.glance is not None:
                self._learn(shot.glance)
        return shot

    def glance(self, timeout_s: float) -> Glance:
        glance = self._camera.glance(timeout_s)
        return replace(
            glance, exposure=self._told(glance.exposure, glance, glance.moment.monotonic_s)
        )

    def close(self) -> None:
        if self._lamp is not None:
            self._lamp.rest()
        self._runs = self._holds = False
        self._camera.close()

    # Of bursts.

    def begin_burst(self) -> None:
        """What is grabbed from now on belongs to a burst."""
        if self._lamp is not None:
            self._lamp.begin()
        self._in_burst, self._meter, self._last_lit = True, None, None

    def end_burst(self) -> None:
        """The burst is over: lamp off, and the camera meters for itself."""
        self._in_burst = self._in_lamplight = False
        if self._lamp is not None:
            self._lamp.rest()
        if self._last_lit is not None:
            self._lit_exposure = self._last_lit.exposure
            self._backgrounds.left(self._last_lit)
        if self._meter is not None:
            self._counts["burnt_out"] += self._meter.burnt
            self._darkened = self._meter.darkened
        with suppress(CameraError):  # it failed, and is opened anew by whoever holds it
            if self._holds:
                self._expose(UNKNOWN_EXPOSURE)
            if self._last_lit is not None and not self._phases.knows(self._now_s()):
                self._look_unlit()
        self._move_filter()

    def release(self) -> None:
        """Close it, and give the lines back: another station may want them."""
        self.close()
        for held in (self._lamp, self._ir_cut):
            if held is not None:
                held.close()

    # Day and night.

    def _suppose(self, remembered: Exposure) -> None:
        supposed = self._supposed()
        if supposed is None and remembered.infrared is not None:
            supposed = Phase.NIGHT if remembered.infrared else Phase.DAY
        if supposed is not None:
            self._phases.suppose(supposed, self._now_s())

    def _move_filter(self) -> None:
        """Where it belongs now. A white lamp wants it in."""
        if self._ir_cut is None:
            return
        white = self._lamp is not None and not self._lamp.terms.infrared
        out = self._phases.phase in (Phase.DUSK, Phase.NIGHT) and not white
        before = self._ir_cut.out
        self._ir_cut.move(out)
        if self._ir_cut.out != before:
            self._filter_moved_s = self._now_s()
            self._backgrounds.forget()

    def _seen(self, shot: Shot) -> Shot:
        """``shot``, and by what light it was taken."""
        glance = shot.glance
        exposure = self._told(shot.frame.exposure, glance, shot.moment.monotonic_s)
        if glance is not None:
            glance = replace(glance, exposure=exposure)
        return Shot(replace(shot.frame, exposure=exposure), shot.moment, glance)

    def _learn(self, glance: Glance) -> None:
        """What a picture says of the light, and of what moved in it."""
        at_s = glance.moment.monotonic_s
        lit = not self._dark(at_s)
        if not lit and at_s >= self._filter_moved_s:
            if not self._in_burst:
                self._backgrounds.saw(glance)
            if not self._in_burst or not self._phases.knows(self._now_s()):
                self._read(glance)
        if self._in_burst:
            self._expose_for(glance, lit)
            self._last_lit = glance if lit and not self.is_aside else self._last_lit

    def _read(self, glance: Glance) -> None:
        passes = self._terms.passes if self._ir_cut is not None and self._ir_cut.out else 1.0
        reading = read(glance.pixels, glance.exposure, self._terms.aperture, passes)
        if reading is None:
            return
        before = self._phases.phase
        self._phases.saw(reading, glance.moment.monotonic_s)
        if self._phases.phase is before:
            return
        if self._lamp is not None and self._phases.phase is Phase.DAY:
            self._lamp.day_came()
        if not self._in_burst:  # it clicks, and what it does to the light takes a moment
            self._move_filter()

    def _look_unlit(self) -> None:
        """A camera that sleeps sees its nights in lamplight alone: is it night still?"""
        for _ in range(_MOST_SKIPPED):
            glance = self.glance(_PROBE_S)
            if self._dark(glance.moment.monotonic_s):
                self._read(glance)
                return

    # Lamp and filter.

    def _light_up(self, timeout_s: float) -> None:
        """The next picture is in lamplight, where there is any to be."""
        lamp = self._lamp
        if lamp is None or not self._runs or not self._in_burst:
            return
        if self._phases.phase is not Phase.NIGHT or lamp.burns:
            return
        burns = lamp.burn()
        if burns != self._in_lamplight:
            self._in_lamplight, self._meter = burns, None  # another light, another background
            self._expose(replace(self._lit_exposure, infrared=None) if burns else UNKNOWN_EXPOSURE)
        if not burns:
            return
        ready_s = self._now_s() + lamp.terms.settle_s
        for _ in range(_MOST_SKIPPED):
            with suppress(PictureUnreadable):
                if self._camera.glance(timeout_s).moment.monotonic_s >= ready_s:
                    return

    def _dark(self, at_s: float) -> bool:
        """Whether nothing of the lamp is in a picture from then."""
        return self._lamp is None or self._lamp.dark(at_s)

    def _told(self, exposure: Exposure, glance: Glance | None, at_s: float) -> Exposure:
        """``exposure``, and whether it was by infrared."""
        return replace(exposure, infrared=self._infrared(glance, at_s))

    def _infrared(self, glance: Glance | None, at_s: float) -> bool | None:
        if self._lamp is not None and not self._dark(at_s):
            return self._lamp.terms.infrared
        filtered = self._ir_cut is not None and self._ir_cut.trouble is None
        if filtered and self._ir_cut is not None and self._ir_cut.out is not None:
            moved_since = at_s < self._filter_moved_s
            return self._ir_cut.out != moved_since
        return None if glance is None else monochrome(glance.pixels)

    # Exposure.

    def _expose_for(self, glance: Glance, lit: bool) -> None:
        terms = self._terms.meter
        if terms is None or not isinstance(self._camera, Adjustable):
            return
        if self._meter is None:
            background = self._backgrounds.of(lit, self._now_s())
            under_way = self._lit_exposure if lit and self._holds else None
            if lit and self._darkened:  # it begins dark; a picture darker still would tell nothing
                terms = replace(terms, bracket_ev=0.0)
            self._meter = BurstMeter(terms, background, lit, under_way)
        wanted = self._meter.next(small(glance.pixels), glance.exposure)
        if wanted is not None:
            self._expose(wanted)

    def _expose(self, exposure: Exposure) -> None:
        if isinstance(self._camera, Adjustable) and self._terms.meter is not None:
            with self._at_no_picture_s_cost():
                self._camera.expose(exposure)
                self._holds = exposure != UNKNOWN_EXPOSURE

    @contextmanager
    def _at_no_picture_s_cost(self) -> Iterator[None]:
        """What goes wrong with a picture in hand, or with how the next one is exposed, costs no
        picture: it is told in the log, once."""
        try:
            yield
        except Exception:
            if not self._complained:
                _log.warning("the light could not be told, or not be helped", exc_info=True)
            self._complained = True


def monochrome(pixels: Pixels) -> bool | None:
    """Whether a picture (H, W, 3) has no colours, as in infrared; None for one that is black."""
    few = pixels[::4, ::4].astype(np.int16)
    if float(few.mean()) < _BLACK:
        return None
    return bool(np.abs(few[:, :, 0] - few[:, :, 2]).mean() < INFRARED_CHROMA)
