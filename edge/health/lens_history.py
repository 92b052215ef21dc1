"""Whether the glass is blocked, fogged or blurred: today against this camera's own past.

A day's median is held against what is usual in the same light. A single picture proves nothing (an
animal before the lens, a morning's mist), and neither does one odd day. A day is 24 hours by
edge.health.elapsed: a station that is switched off between two bursts has days as well, and a clock
that was stepped makes one of them at the most.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from statistics import median

from edge.health.elapsed import Mark
from edge.health.lens_sight import Sight

DAY_S = 86_400.0
LEAST_LOOKS = 5
"""Bursts that make a day's median; a day goes on until it has them."""
MOST_LOOKS = 200
LEARNT_DAYS = 3
"""Until so many days are known, nothing but a wholly blind lens is told."""
BAD_DAYS = 2
"""In a row, before an alarm comes, and good ones before it goes."""

BLOCKED_FLAT = 0.25
"""More of the frame shows nothing than usual. A lens half covered: 0.19 to 0.42 more; unchanged
pictures of 14 stations: at most 0.10 more in 98 of 100."""
BLIND_FLAT = 0.95
"""Of the frame show nothing at all: whatever was usual."""
FOGGED = -0.65
"""Contrast against the usual, log2. A veil of 60 % of the light is told in 96 of 100 draws, one
of 40 % in 64; of unchanged pictures 1 in 100 draws of two days is (docs/selftest.md)."""
BLURRED = -0.35
"""Fine detail against the usual, log2. A blur of one pixel at 640: -0.43 and below in 98 of 100."""
_LOOKED = "looked"
_KEEPS, _YIELDS = 0.1, 0.02
"""What is usual follows a good day by the first, and a bad one by the second: what stays for two
months is the scene."""


class Glass(StrEnum):
    """What is wrong with it; the value is the alarm's name."""

    BLOCKED = "lens-blocked"
    FOGGED = "lens-fogged"
    BLURRED = "lens-blurred"


ADVICE = {
    Glass.BLOCKED: "much of the picture shows nothing: clear leaf, snow or web from the glass; in"
    " the dark, see to the illuminator",
    Glass.FOGGED: "the pictures are paler than usual: wipe the glass, renew the desiccant",
    Glass.BLURRED: "the pictures are less sharp than usual: wipe the glass, see whether it has"
    " moved in its seat",
}


@dataclass(slots=True)
class Usual:
    """What is usual in one kind of light, and from how many days that is known."""

    sharp: float = 0.0
    contrast: float = 0.0
    flat: float = 0.0
    days: int = 0

    def follow(self, day: Usual, share: float) -> None:
        """Move towards ``day``; the first days count alike."""
        self.days += 1
        share = max(share, 1 / self.days) if self.days <= LEARNT_DAYS else share
        self.sharp += share * (day.sharp - self.sharp)
        self.contrast += share * (day.contrast - self.contrast)
        self.flat += share * (day.flat - self.flat)


def wrong(day: Usual, usual: Usual) -> Glass | None:
    """What a day's medians say, against what is usual. A pure function."""
    if day.flat >= BLIND_FLAT:
        return Glass.BLOCKED
    if usual.days < LEARNT_DAYS:
        return None
    paler = day.contrast - usual.contrast
    if paler <= FOGGED:
        return Glass.FOGGED
    if day.flat - usual.flat >= BLOCKED_FLAT:
        return Glass.BLOCKED
    return Glass.BLURRED if day.sharp - usual.sharp <= BLURRED else None


@dataclass(slots=True)
class _Light:
    """One kind of light: its usual, the day that goes on, and the verdicts in a row."""

    usual: Usual = field(default_factory=Usual)
    looks: list[tuple[float, float, float]] = field(default_factory=list)
    age_s: float = 0.0
    found: str = ""
    in_a_row: int = 0
    standing: str = ""


class LensHistory:
    """State over days. Not shared between threads. No picture is in it, nor can be made of it."""

    def __init__(self, state: bytes | None = None) -> None:
        """``state`` is what ``state`` gave; anything else begins anew."""
        self._lights = {"day": _Light(), "infrared": _Light()}
        self.looked = _looked(state)
        """When the last look was, as far as its caller told."""
        for name, values in _decoded(state).items():
            if name in self._lights:
                self._lights[name] = values

    def look(self, seen: Sight, since_last_s: float) -> bool:
        """One burst's picture, so many seconds after the last look at any; whether a day ended."""
        for light in self._lights.values():
            light.age_s += max(0.0, since_last_s)
        light = self._lights["infrared" if seen.infrared else "day"]
        light.looks.append((round(seen.sharp, 3), round(seen.contrast, 3), round(seen.flat, 3)))
        del light.looks[:-MOST_LOOKS]
        if light.age_s < DAY_S or len(light.looks) < LEAST_LOOKS:
            return False
        _end_day(light)
        return True

    def standing(self) -> frozenset[Glass]:
        """What is wrong, in either light."""
        return frozenset(Glass(one.standing) for one in self._lights.values() if one.standing)

    def state(self) -> bytes:
        """To go on with after a restart: under a kilobyte but for the looks of a busy day."""
        lights = {name: asdict(one) for name, one in self._lights.items()}
        looked = None if self.looked is None else self.looked.to_plain()
        return json.dumps({**lights, _LOOKED: looked}).encode()


def _looked(state: bytes | None) -> Mark | None:
    try:
        return Mark.from_plain(json.loads(state or b"{}").get(_LOOKED))
    except (ValueError, AttributeError):
        return None


def _end_day(light: _Light) -> None:
    sharp, contrast, flat = (median(column) for column in zip(*light.looks, strict=True))
    day = Usual(sharp, contrast, flat)
    found = wrong(day, light.usual)
    name = "" if found is None else found.value
    light.in_a_row = light.in_a_row + 1 if name == light.found else 1
    light.found = name
    if light.in_a_row >= BAD_DAYS:
        light.standing = name
    light.usual.follow(day, _KEEPS if found is None else _YIELDS)
    light.looks.clear()
    light.age_s = 0.0


def _decoded(state: bytes | None) -> Mapping[str, _Light]:
    try:
        values = json.loads(state or b"{}")
        return {
            name: _Light(
                usual=Usual(**one["usual"]),
                looks=[(float(a), float(b), float(c)) for a, b, c in one["looks"]],
                age_s=float(one["age_s"]),
                found=Glass(one["found"]).value if one["found"] else "",
                in_a_row=int(one["in_a_row"]),
                standing=Glass(one["standing"]).value if one["standing"] else "",
            )
            for name, one in values.items()
            if name != _LOOKED
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
