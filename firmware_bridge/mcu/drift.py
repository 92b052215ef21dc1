"""How fast a controller's RTC runs, from readings taken against a clock that can be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from firmware_bridge.mcu.records import ClockReading, ClockSet

MOST_PAIRS = 64
_RESOLUTION_S = 0.001
"""Of the protocol's times."""


@dataclass(frozen=True, slots=True)
class ClockPair:
    """The RTC and the host's clock at the same moment, give or take the uncertainty."""

    rtc: datetime
    host: datetime
    uncertainty_s: float


@dataclass(frozen=True, slots=True)
class Drift:
    """A line through the pairs: the RTC gains ``ppm`` microseconds a second.

    ``error_ppm`` is one standard deviation as the pairs' uncertainties give it. It does not hold
    that a crystal changes its rate with temperature.
    """

    ppm: float
    error_ppm: float
    around: datetime
    offset_s: float

    def true_time(self, rtc: datetime) -> datetime:
        """What a trusted clock showed when the RTC showed ``rtc``."""
        rate = self.ppm * 1e-6
        since_s = (rtc - self.around).total_seconds() - self.offset_s
        return self.around + timedelta(seconds=since_s / (1 + rate))


class DriftEstimate:
    """Pairs over time, at most MOST_PAIRS, and the line through them.

    Add readings only while the host's own clock is good (GPS or NTP). ``pairs`` is what to keep
    over a restart of the host.
    """

    def __init__(self, pairs: Iterable[ClockPair] = ()) -> None:
        self._pairs = sorted(pairs, key=lambda pair: pair.host)

    @property
    def pairs(self) -> tuple[ClockPair, ...]:
        """The pairs kept, oldest first."""
        return tuple(self._pairs)

    def add(self, reading: ClockReading) -> None:
        """Take a reading into account; one of a clock that was never set says nothing."""
        if reading.rtc is None:
            return
        self._pairs.append(ClockPair(reading.rtc, reading.host, reading.uncertainty_s))
        self._pairs.sort(key=lambda pair: pair.host)
        if len(self._pairs) > MOST_PAIRS:
            del self._pairs[self._most_crowded()]

    def was_set(self, change: ClockSet) -> None:
        """Go on over a setting of the clock; after one that had no time before, begin anew."""
        if change.before.rtc is None:
            self._pairs = []
            return
        self.add(change.before)
        jump = change.to - change.before.rtc
        self._pairs = [replace(pair, rtc=pair.rtc + jump) for pair in self._pairs]

    def drift(self) -> Drift | None:
        """The line by weighted least squares; None before there are two moments to draw it through.

        Weights are the inverse variances; an uncertainty of +-u is taken as uniform, u^2 / 3.
        """
        if not self._pairs:
            return None
        first = self._pairs[0].host
        weights = [1 / _variance(pair) for pair in self._pairs]
        times = [(pair.host - first).total_seconds() for pair in self._pairs]
        offsets = [(pair.rtc - pair.host).total_seconds() for pair in self._pairs]
        total = sum(weights)
        mean_time = _dot(weights, times) / total
        mean_offset = _dot(weights, offsets) / total
        apart = [time - mean_time for time in times]
        spread = sum(weight * time * time for weight, time in zip(weights, apart, strict=True))
        if not spread:
            return None
        slope = sum(map(math.prod, zip(weights, apart, offsets, strict=True))) / spread
        around = first + timedelta(seconds=mean_time)
        return Drift(slope * 1e6, 1e6 / math.sqrt(spread), around, mean_offset)

    def _most_crowded(self) -> int:
        """The inner pair whose neighbours are closest: it adds least."""
        hosts = [pair.host for pair in self._pairs]
        return min(range(1, len(hosts) - 1), key=lambda i: hosts[i + 1] - hosts[i - 1])


def _variance(pair: ClockPair) -> float:
    return (pair.uncertainty_s**2 + _RESOLUTION_S**2) / 3


def _dot(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
