"""The controller's RTC: set while network or satellites tell the time, believed while not."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edge.health.clock import OLDEST, ClockState, system_clock
from edge.health.runs import Memory
from edge.records import ClockQuality
from edge.times import from_epoch_ms, to_epoch_ms
from firmware_bridge.mcu import ClockPair, ClockReading, Controller, Drift, DriftEstimate

SET_FROM_S = 1.0
"""An RTC that is wrong by more is set; by less, its drift is known and taken out."""
_LOST_S = 600.0
"""No crystal drifts so far between two visits of the network: the RTC had lost its time."""
SAVE_S = 3600.0
_SURE_PPM = 50.0
"""A drift known no better is not taken out: a crystal's own is as small."""
_ROUND_MS = 2**32


class ControllerClock:
    """Keeps the RTC and tells the time by it. For one thread, but for ``state`` and
    ``drift``.

    ``system`` is how good the system's clock is, ``now`` seconds on a clock that nobody sets. What
    is known of the drift is kept in ``memory``.
    """

    def __init__(
        self,
        memory: Memory,
        most_drift_ppm: float,
        system: Callable[[], ClockState] = system_clock,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory, self._most_drift_ppm = memory, most_drift_ppm
        self._system, self._now = system, now
        self._estimate = DriftEstimate(_pairs(memory.load()))
        self._drift = self._estimate.drift()
        self._saved_s: float | None = None
        self._rtc: tuple[datetime, float] | None = None
        self._read: tuple[int, ClockReading, ClockState] | None = None
        self._read_s = 0.0

    def state(self) -> ClockState:
        """The system's clock where the network set it, else the RTC's time where that is good,
        else the system's again."""
        system = self._system()
        if _is_true(system) or self._rtc is None:
            return system
        shown, at_s = self._rtc
        true = shown + timedelta(seconds=self._now() - at_s)
        return ClockState(ClockQuality.RTC, true - datetime.now(UTC))

    def drift(self) -> Drift | None:
        """How fast the RTC runs, as far as it is known."""
        return self._drift

    def keep(self, controller: Controller, boot: int, may_set: bool) -> None:
        """Read the RTC of a controller in its start number ``boot``, and set it where it must be.

        Raises BridgeError, and what saving raises.
        """
        reading = controller.clock()
        self._read_s = self._now()
        was_set = False
        system = self._system()
        if _is_true(system):
            true = _ahead(reading, system.offset)
            if may_set and _off_s(true) > SET_FROM_S:
                self._set(controller, true, system.offset)
                was_set = True
            else:
                self._estimate.add(true)
        else:
            self._believe(reading)
        self._drift = self._estimate.drift()
        self._read = (boot, reading, self.state())
        if was_set or self._saved_s is None or self._now() - self._saved_s >= SAVE_S:
            self._saved_s = self._now()
            self._memory.save(_plain(self._estimate.pairs))

    def when(
        self, boot: int, uptime_ms: int, rtc: datetime | None
    ) -> tuple[datetime | None, ClockQuality]:
        """The time of what a controller saw at ``uptime_ms`` of its start number ``boot``, and
        how good it is. ``rtc`` is what its RTC showed then, in whole seconds."""
        if self._read is not None and self._read[0] == boot:
            _, reading, state = self._read
            since_ms = _signed(uptime_ms - reading.uptime_ms)
            return reading.host + state.offset + timedelta(milliseconds=since_ms), state.quality
        if rtc is not None and self._is_good(rtc):
            return self._corrected(rtc), ClockQuality.RTC
        return None, ClockQuality.UNSET

    def when_s(self, boot: int, uptime_ms: int) -> float | None:
        """The same on the clock that nobody sets, in seconds: to the duration of one exchange with
        the controller. None where only wall clocks know."""
        if self._read is None or self._read[0] != boot:
            return None
        return self._read_s + _signed(uptime_ms - self._read[1].uptime_ms) / 1000

    def _set(self, controller: Controller, true: ClockReading, ahead: timedelta) -> None:
        change = controller.set_clock(ahead)
        if _off_s(true) > _LOST_S:
            self._estimate = DriftEstimate()
        else:
            self._estimate.was_set(replace(change, before=_ahead(change.before, ahead)))

    def _believe(self, reading: ClockReading) -> None:
        if reading.rtc is not None and self._is_good(reading.rtc):
            since_s = (datetime.now(UTC) - reading.host).total_seconds()
            self._rtc = (self._corrected(reading.rtc), self._now() - since_s)

    def _is_good(self, rtc: datetime) -> bool:
        drift = self._drift
        return rtc >= OLDEST and (drift is None or abs(drift.ppm) <= self._limit_ppm(drift))

    def _limit_ppm(self, drift: Drift) -> float:
        return self._most_drift_ppm + 3 * drift.error_ppm

    def _corrected(self, rtc: datetime) -> datetime:
        drift = self._drift
        return rtc if drift is None or drift.error_ppm > _SURE_PPM else drift.true_time(rtc)


def _is_true(clock: ClockState) -> bool:
    return clock.quality in (ClockQuality.GPS, ClockQuality.NTP)


def _ahead(reading: ClockReading, by: timedelta) -> ClockReading:
    """What would have been read by the side of a clock that shows the time: satellites may know it
    better than the system's."""
    return replace(reading, host=reading.host + by)


def _off_s(reading: ClockReading) -> float:
    """By how much the RTC is wrong."""
    if reading.rtc is None:
        return math.inf
    return abs((reading.rtc - reading.host).total_seconds())


def _signed(milliseconds: int) -> int:
    """A difference of two counts that each begin anew at 2^32."""
    return (milliseconds + _ROUND_MS // 2) % _ROUND_MS - _ROUND_MS // 2


def _plain(pairs: Iterable[ClockPair]) -> bytes:
    return json.dumps(
        [
            [to_epoch_ms(pair.rtc), to_epoch_ms(pair.host), round(pair.uncertainty_s, 4)]
            for pair in pairs
        ]
    ).encode()


def _pairs(state: bytes | None) -> list[ClockPair]:
    """What ``_plain`` gave; nothing of what is damaged."""
    try:
        rows: Any = [] if state is None else json.loads(state)
        pairs = [
            ClockPair(from_epoch_ms(rtc), from_epoch_ms(host), float(uncertainty_s))
            for rtc, host, uncertainty_s in rows
        ]
        return [pair for pair in pairs if 0 <= pair.uncertainty_s < math.inf]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return []
