"""What a place looks like when nothing is there, learnt slowly, one picture for each kind of light.

The same bush waves every noon: its cells vary, that is learnt, and they stop proposing second
looks. An animal that was seen is never learnt, however long it stands, because only bursts that
were judged blank teach anything, one picture each. One that both looks missed is learnt in as many
bursts as the bush would be, so what the background says only ever adds a look or spares a second
one: the first look is taken at every picture, whatever was learnt.

It lives in memory alone. Captured pictures are sealed on the card, so that whoever steals a station
sees no picture and no place; a background is a picture of the place, and so is never written. After
a restart it is learnt anew, at the price of some second looks.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from edge.records import ObservationType, Verdict
from edge.vision.motion import MOVED, Map, Region, Small, difference, regions

DARK, BRIGHT = 70.0, 140.0
"""Mean grey levels that part dull from middling from bright pictures."""
MOST_LIGHTS = 8
"""Kinds of light remembered, the longest unseen forgotten first: under 3 MB in all."""
TRUSTED = 5
"""Blank pictures after which a background is worth asking."""
_RATE = 0.05
"""Weight of a new picture once the background is settled: about twenty blanks to forget."""
_STEP = 0.1
"""Most that one picture moves a settled cell, in local spreads."""
_WIDE = 4.0
"""A cell has changed when it differs by this many of its usual deviations."""

_Light = tuple[tuple[int, ...], bool, int]


@dataclass(slots=True)
class _Scene:
    """One kind of light: each cell's usual value and usual deviation, and how many were learnt."""

    usual: Map = field(repr=False)
    deviation: Map = field(repr=False)
    learnt: int = 1


class Background:
    """The empty scene of one camera. Not shared between threads."""

    def __init__(self) -> None:
        self._scenes: OrderedDict[_Light, _Scene] = OrderedDict()

    def changed(self, picture: Small) -> tuple[Region, ...]:
        """Where ``picture`` differs from the empty scene by more than that scene usually does.

        Strongest first; none while too little was learnt about this light.
        """
        scene = self._scenes.get(_light(picture))
        if scene is None or scene.learnt < TRUSTED:
            return ()
        excess = difference(scene.usual, picture.cells) - _WIDE * scene.deviation
        return regions(np.maximum(excess, 0.0), MOVED)

    def learn(self, verdict: Verdict, pictures: Iterable[Small]) -> None:
        """Learn from a burst, if its verdict is *blank*; else change nothing.

        Its last picture alone teaches: the others repeat it, and what set off the trigger had the
        most time to leave.
        """
        if verdict.observation_type is not ObservationType.BLANK:
            return
        last = deque(pictures, maxlen=1)
        if last:
            self._learn(last.pop())

    def _learn(self, picture: Small) -> None:
        light = _light(picture)
        scene = self._scenes.pop(light, None)
        if scene is None:
            scene = _Scene(picture.cells.copy(), np.zeros_like(picture.cells))
        else:
            _settle(scene, picture.cells)
        self._scenes[light] = scene
        if len(self._scenes) > MOST_LIGHTS:
            self._scenes.popitem(last=False)


def _settle(scene: _Scene, cells: Map) -> None:
    """Move each cell towards its running median, and its deviation towards the mean one.

    The step is bounded (a stochastic median): one odd picture cannot move a cell far, whatever it
    shows. The deviation is learnt from a bounded difference for the same reason.
    """
    scene.learnt += 1
    rate = max(_RATE, 1.0 / scene.learnt)
    off = cells - scene.usual
    step = max(_STEP, rate)
    scene.usual += np.clip(off * rate * 2, -step, step)
    bounded = np.minimum(np.abs(off), _WIDE * scene.deviation + MOVED)
    scene.deviation += rate * (bounded - scene.deviation)


def _light(picture: Small) -> _Light:
    level = int(picture.brightness >= DARK) + int(picture.brightness >= BRIGHT)
    return picture.cells.shape, picture.infrared, level
