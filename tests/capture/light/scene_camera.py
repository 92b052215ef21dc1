"""A camera before a scene that is computed: sky, lamp, an animal, and a sensor that saturates.

Light is counted in lux, levels in shares of full scale. Mid-grey (18 %) under a light of
``2.5 N^2 / (t gain)`` lux lies at 18 % (ISO 2720's meter), for a sensor whose ``speed`` is 1.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from edge.capture.camera.camera import UNKNOWN_EXPOSURE, Glance, Moment, Shot, shot_of
from edge.capture.camera.errors import NotStarted
from edge.capture.camera.pixels import encode_jpeg
from edge.capture.light.lux import Linear, curve
from edge.records import Exposure

WIDTH_PX, HEIGHT_PX = 160, 120
PERIOD_S = 0.1
_SHORTEST_US, _LONGEST_US, _HIGHEST_GAIN = 50, 200_000, 16.0
_FULL_WELL, _READ_NOISE = 8_000.0, 4.0
_TINT = np.array([1.25, 1.0, 0.6], np.float32)
_PASSED = 1.6
"""The sky's light without the filter, in shares of what comes through it."""


class Clock:
    """Seconds that pass when somebody lets them."""

    def __init__(self, now_s: float = 1000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Animal:
    """A coat of light fur with dark spots, so many pixels wide; its place goes on by ``step_px``
    with each picture."""

    distance_m: float = 3.0
    reflects: float = 0.45
    size_px: int = 44
    x_px: int = 20
    step_px: int = 3


@dataclass
class SceneCamera:
    """``lamp`` and ``filter_out`` tell what its lines do at this moment."""

    sky_lx: float = 10_000.0
    animal: Animal | None = None
    lamp: Callable[[], bool] = lambda: False
    filter_out: Callable[[], bool] = lambda: False
    lamp_is_infrared: bool = True
    lamp_lx: float = 400.0
    """At a distance of a metre."""
    tells: bool = True
    """How it exposed."""
    aperture: float = 2.0
    speed: float = 1.0
    late: int = 2
    """Pictures that are under way when the camera is told of an exposure."""
    clock: Clock | None = None
    taken: int = 0
    exposed: list[Exposure] = field(default_factory=list)
    """How each picture was exposed, told or not."""
    lit: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(1)
        coarse = self._random.uniform(0.08, 0.3, (HEIGHT_PX // 8, WIDTH_PX // 8))
        self._rock: Linear = np.kron(coarse, np.ones((8, 8))).astype(np.float32)
        self._far: Linear = np.broadcast_to(
            np.linspace(25.0, 5.0, HEIGHT_PX, dtype=np.float32)[:, None], self._rock.shape
        )
        self._runs = False
        self._held: Exposure | None = None
        self._under_way: deque[Exposure | None] = deque()
        self._now = Exposure(10_000, 1.0)

    def start(self, exposure: Exposure = UNKNOWN_EXPOSURE) -> None:
        if not self._runs:
            self._runs = True
            self._now = Exposure(exposure.exposure_us or 10_000, exposure.analogue_gain or 1.0)
            self._held, self._under_way = None, deque([None] * self.late)

    def close(self) -> None:
        self._runs = False

    def grab(self, timeout_s: float) -> Shot:
        glance = self.glance(timeout_s)
        return shot_of(encode_jpeg(glance.pixels[..., ::-1], 90), glance)

    def glance(self, timeout_s: float) -> Glance:
        if not self._runs:
            raise NotStarted("start it first")
        moment = self._moment()
        self._now = told = self._exposure()
        self.exposed.append(told)
        self.lit.append(self.lamp())
        level = self._levels()
        self._meter(float(np.clip(level, 0, 1).mean()))
        if self.animal is not None:
            self.animal.x_px += self.animal.step_px
        pixels = np.rint(curve(level) * 255).astype(np.uint8)
        return Glance(pixels, moment, told if self.tells else Exposure())

    def animal_box(self) -> tuple[slice, slice]:
        """Where the animal will be in the next picture: lines and columns."""
        assert self.animal is not None
        left, high = self.animal.x_px, HEIGHT_PX // 2 - self.animal.size_px // 4
        return (
            slice(high, high + self.animal.size_px // 2),
            slice(max(0, left), max(0, min(WIDTH_PX, left + self.animal.size_px))),
        )

    def _moment(self) -> Moment:
        if self.clock is None:
            time.sleep(0.002)
            return Moment.ago()
        self.clock.now_s += PERIOD_S
        self.taken += 1
        return Moment(self.clock.now_s, datetime(2026, 1, 1, tzinfo=UTC))

    def _exposure(self) -> Exposure:
        """What has come through the pipeline by now."""
        self._under_way.append(self._held)
        held = self._under_way.popleft()
        return self._now if held is None else held

    def _levels(self) -> Linear:
        """Light on the sensor, (H, W, 3), noise and all, not cut off yet."""
        reflects, far = self._rock.copy(), self._far.copy()
        if self.animal is not None:
            box = self.animal_box()
            coat = np.full(reflects[box].shape, self.animal.reflects, np.float32)
            coat[::6, ::6] = 0.05  # rosettes
            reflects[box], far[box] = coat, self.animal.distance_m
        out = self.filter_out()
        sky = self.sky_lx * (_PASSED if out else 1.0)
        seen = self.lamp() and (out or not self.lamp_is_infrared)
        lamp = self.lamp_lx / far**2 if seen else np.zeros_like(far)
        grey = out and seen and self.lamp_is_infrared and float(lamp.mean()) > sky
        tint = np.ones(3, np.float32) if grey else _TINT
        exposure = self._now
        assert exposure.exposure_us is not None and exposure.analogue_gain is not None
        gain = exposure.analogue_gain
        let_in = exposure.exposure_us / 1e6 * gain / (2.5 * self.aperture**2) * self.speed
        level = (reflects * (sky + lamp) * let_in)[:, :, None] * tint
        electrons = np.maximum(level / gain * _FULL_WELL, 0.0)
        spread = np.sqrt(electrons + _READ_NOISE**2)
        noise = self._random.standard_normal(level.shape[:2])[:, :, None]  # the same in all: grey
        noisy: Linear = ((electrons + noise * spread) / _FULL_WELL * gain).astype(np.float32)
        return noisy

    def _meter(self, mean: float) -> None:
        """Its own exposure goes most of the way to a mean of 18 % with each picture."""
        if self._held is not None or self._now.exposure_us is None:
            return
        total_us = self._now.exposure_us * (self._now.analogue_gain or 1.0)
        total_us *= float(np.clip(0.18 / max(mean, 1e-4), 1 / 8, 8)) ** 0.6
        time_us = round(float(np.clip(total_us, _SHORTEST_US, _LONGEST_US)))
        self._now = Exposure(time_us, float(np.clip(total_us / time_us, 1.0, _HIGHEST_GAIN)))


class AdjustableScene(SceneCamera):
    """One that does as it is told."""

    def expose(self, exposure: Exposure) -> None:
        if not self._runs:
            raise NotStarted("start it first")
        self._held = None if exposure.exposure_us is None else exposure
