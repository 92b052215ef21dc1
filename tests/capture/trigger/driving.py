"""A camera that takes the bursts that pacing calls for, in a time of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from edge.capture.trigger.firing import Cause, Firing
from edge.capture.trigger.pacing import Pacing
from edge.capture.trigger.storm import StormReport, StormTerms

GENEROUS = StormTerms(most_bursts=10**6)
"""No storm can be as bad."""


def pir(at_s: float, source: str = "pir") -> Firing:
    return Firing(Cause.PIR, source, at_s)


def ignore(_: StormReport) -> None:
    """Nobody is told."""


@dataclass(frozen=True)
class Taken:
    """A burst: frames from ``began_s`` to ``ended_s``."""

    firing: Firing
    began_s: float
    ended_s: float

    def shows(self, moment_s: float) -> bool:
        return self.began_s <= moment_s <= self.ended_s


def taken_bursts(pacing: Pacing, rest_s: float, firings: Iterable[Firing]) -> list[Taken]:
    """The bursts of a camera that is always on time, from the first firing until all is quiet.

    Each firing is heard of as it happens. ``rest_s`` is that of the pacing's terms.
    """
    ahead = sorted(firings, key=lambda one: one.at_s, reverse=True)
    bursts: list[Taken] = []
    running, rested_s = None, -math.inf
    while True:
        firing_s = ahead[-1].at_s if ahead else math.inf
        ends_s = pacing.ends_s
        wakes_s = ends_s if ends_s is not None else math.inf
        if ends_s is None and pacing.counters()["waiting"]:
            wakes_s = max(rested_s, bursts[-1].ended_s if bursts else -math.inf)
        now_s = min(firing_s, wakes_s)
        if now_s == math.inf:
            return bursts
        if firing_s <= wakes_s:
            pacing.fired(ahead.pop(), now_s)
        if running is not None and (ends_s := pacing.ends_s) is not None and now_s >= ends_s:
            bursts.append(Taken(running.firing, running.began_s, now_s))
            pacing.end(now_s)
            running, rested_s = None, now_s + rest_s
        running = running or pacing.begin(now_s)
