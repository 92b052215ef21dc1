"""What a trap sees and feels in a month: light and dark, visits, a hot rock; a lens that comes off.

The valley is at the far end of real interfaces. Its lens is the file that the replay camera shows,
its sensor and its lamp are channels of the header that the RPi.GPIO API speaks to.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from tests.capture.trigger.wires import Header
from tests.kit.pictures import SIZE_PX, clutter, jpeg, meadow, zebra

HOUR_S, DAY_S = 3600.0, 86_400.0
PIR, LAMP, FILTER = 17, 22, 27
TARGET_EVERY = 15
STORM_DAY = 4
STORM_EDGES = 2000
STORM_S = 2 * HOUR_S
LENS_OFF_S = {2: 2 * HOUR_S, 9: 600.0}
"""On which day of ten."""
BROKER_AWAY = (5, 8)
"""Of each ten days, after which it goes and after which it is back."""
DRAWN = 60
"""Of each kind so many different pictures: drawing takes longer than judging."""


class Kind(StrEnum):
    """What happens."""

    VISIT = "visit"
    TARGET = "target"
    STORM_EDGE = "storm edge"
    LENS_OFF = "lens off"
    LENS_ON = "lens on"
    DAWN = "dawn"
    DUSK = "dusk"


@dataclass(frozen=True, slots=True, order=True)
class Happening:
    """``at_s`` since the month began."""

    at_s: float
    kind: Kind
    number: int = 0


def calendar(days: int, a_day: int) -> list[Happening]:
    """What happens in ``days``, in order: ``a_day`` visits each, at moments that are the same in
    every run. Each ten days are alike: STORM_DAY has a hot rock at noon, and on the days of
    LENS_OFF_S the lens is off for so long from eight o'clock on."""
    chance = random.Random(30)
    happenings: list[Happening] = []
    for day in range(days):
        begins_s = day * DAY_S
        happenings += _light(begins_s)
        happenings += _visits(begins_s, day * a_day, a_day, chance)
        if day % 10 == STORM_DAY:
            happenings += _storm(begins_s + 11 * HOUR_S)
        off_s = LENS_OFF_S.get(day % 10)
        if off_s is not None:
            from_s = begins_s + 8 * HOUR_S
            happenings.append(Happening(from_s, Kind.LENS_OFF))
            happenings.append(Happening(from_s + off_s, Kind.LENS_ON))
    return sorted(happenings)


def off_s(days: int) -> float:
    """For how long the lens is off, in all of ``days``."""
    return sum(LENS_OFF_S.get(day % 10, 0.0) for day in range(days))


def _light(begins_s: float) -> Iterator[Happening]:
    yield Happening(begins_s + 6 * HOUR_S, Kind.DAWN)
    yield Happening(begins_s + 19 * HOUR_S, Kind.DUSK)


def _storm(noon_s: float) -> Iterator[Happening]:
    for number in range(STORM_EDGES):
        yield Happening(noon_s + number * STORM_S / STORM_EDGES, Kind.STORM_EDGE, number)


def _visits(begins_s: float, first: int, a_day: int, chance: random.Random) -> Iterator[Happening]:
    """The target comes in the early evening, when the lens is on and no rock is hot."""
    for number in range(first, first + a_day):
        if number % TARGET_EVERY:
            yield Happening(begins_s + chance.uniform(0.0, DAY_S), Kind.VISIT, number)
        else:
            hour = 15 + 3 * chance.random()
            yield Happening(begins_s + hour * HOUR_S, Kind.TARGET, number)


class Valley(Header):
    """Shows its picture in ``lens``: what stands there, in daylight, in lamplight or in neither."""

    def __init__(self, lens: Path) -> None:
        super().__init__()
        self._lens, self._lock = lens, threading.Lock()
        self._empty = _Views(meadow(0))
        self._animals = [_Views((meadow, clutter)[n % 2](n)) for n in range(1, DRAWN)]
        self._targets = [_Views(zebra(n)) for n in range(DRAWN)]
        self._stands, self._is_day, self._is_off = self._empty, False, False
        self.edges = 0
        """That the sensor gave."""
        self._show()

    def fire(self) -> None:
        """Something warm moves."""
        self.edges += 1
        self.turn(PIR, self.HIGH)
        self.turn(PIR, self.LOW)

    def comes(self, happening: Happening) -> None:
        """It stands there until it goes."""
        which = self._targets if happening.kind is Kind.TARGET else self._animals
        self._stands = which[happening.number % len(which)]
        self._show()

    def goes(self) -> None:
        self._stands = self._empty
        self._show()

    def is_day(self, day: bool) -> None:
        self._is_day = day
        self._show()

    def lens_is(self, off: bool) -> None:
        """Off: its cable hangs in the wind."""
        self._is_off = off
        self._show()

    def output(self, channel: int, value: Any) -> None:
        super().output(channel, value)
        if channel == LAMP:
            self._show()

    def _show(self) -> None:
        with self._lock:  # the lamp is switched by another thread
            if self._is_off:
                self._lens.unlink(missing_ok=True)
                return
            new = self._lens.with_suffix(".new")
            new.write_bytes(self._shown())
            new.replace(self._lens)

    def _shown(self) -> bytes:
        if self._is_day:
            return self._stands.by_day
        return self._stands.in_lamplight if self.driven.get(LAMP) else self._stands.in_the_dark


def _noisy(picture: Image.Image, sigma: float) -> Image.Image:
    """With a sensor's noise: a file without any looks like one that broke off."""
    grain = Image.effect_noise(picture.size, sigma).convert(picture.mode)
    return ImageChops.add(picture, grain, offset=-128)


_DARK = [value // 20 for value in range(256)]


class _Views:
    """A scene, as JPEGs."""

    def __init__(self, scene: Image.Image) -> None:
        coloured = scene.resize(SIZE_PX)
        grey = coloured.convert("L")
        self.by_day = jpeg(_noisy(coloured, 4.0))
        self.in_lamplight = jpeg(_noisy(grey, 4.0))
        self.in_the_dark = jpeg(_noisy(grey.point(_DARK), 12.0))
