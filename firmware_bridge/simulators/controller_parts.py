"""The parts of a simulated controller: memory, sensors, clock, and the switch of the host's power.

Time comes from outside, in milliseconds, so that a simulator may run it at any speed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from firmware_bridge.messages import Charge, WakeReason

COUNTERS = 4
SHORTEST_OFF_MS = 2_000
WATCHDOG_OFF_MS = 10_000

Clock = Callable[[], int]
"""Milliseconds from any beginning, never running back."""


@dataclass
class NonVolatile:
    """What outlives a brown-out; in the file ``path`` too, where one is given."""

    boot: int = 0
    counters: list[int] = field(default_factory=lambda: [0] * COUNTERS)
    path: Path | None = None

    @classmethod
    def load(cls, path: Path) -> NonVolatile:
        """The memory kept in ``path``, new where there is none."""
        kept = json.loads(path.read_text()) if path.exists() else {}
        return cls(**kept, path=path)

    def save(self) -> None:
        """Make it durable."""
        if self.path is None:
            return
        begun = self.path.with_suffix(".new")
        begun.write_text(json.dumps({"boot": self.boot, "counters": self.counters}))
        begun.replace(self.path)


@dataclass
class Sensors:
    """What the controller measures now; None where nothing is measured."""

    battery_mv: int | None = 3900
    solar_mv: int | None = 5200
    current_ma: int | None = 40
    charge: Charge = Charge.CHARGING
    decidegrees: int | None = -123


class Rtc:
    """Uptime, and a clock that gains ``drift_ppm`` on it and may never have been set."""

    def __init__(self, now_ms: Clock, drift_ppm: float = 0.0) -> None:
        self._now_ms = now_ms
        self._start_ms = now_ms()
        self._rate = 1 + drift_ppm * 1e-6
        self._offset_ms: int | None = None

    def uptime_ms(self) -> int:
        """Since the start, modulo 2^32."""
        return (self._now_ms() - self._start_ms) % 2**32

    def utc_ms(self) -> int | None:
        """Milliseconds since 1970, None while it was never set."""
        return None if self._offset_ms is None else self._running_ms() + self._offset_ms

    def parts(self) -> tuple[int | None, int | None]:
        """Seconds since 1970, and milliseconds within the second."""
        utc_ms = self.utc_ms()
        return (None, None) if utc_ms is None else divmod(utc_ms, 1000)

    def set(self, utc_ms: int) -> None:
        """Let it show ``utc_ms`` now."""
        self._offset_ms = utc_ms - self._running_ms()

    def _running_ms(self) -> int:
        return round(self._now_ms() * self._rate)


@dataclass
class _PowerOff:
    at_ms: int
    wake_at_s: int | None
    on_pir: bool


class HostPower:
    """Whether the host has power, why, and until when."""

    def __init__(self, now_ms: Clock, rtc: Rtc) -> None:
        self.is_on = True
        self.reason = WakeReason.POWER_ON
        self.since_ms = now_ms()
        self._now_ms = now_ms
        self._rtc = rtc
        self._asked: _PowerOff | None = None
        self._watchdog_s = 0
        self._watchdog_ms = 0
        self._earliest_ms = 0
        self._called: set[WakeReason] = set()

    def watch(self, period_s: int) -> None:
        """Restart the watchdog's countdown; 0 ends it."""
        self._watchdog_s = period_s
        self._watchdog_ms = self._now_ms() + period_s * 1000

    def ask_off(self, after_s: int, wake_at_s: int | None, on_pir: bool) -> None:
        """Take the power away in ``after_s``."""
        self._asked = _PowerOff(self._now_ms() + after_s * 1000, wake_at_s, on_pir)

    def call_off(self) -> None:
        """Forget that it was to be taken away."""
        self._asked = None

    def run(self, pir_waits: bool) -> bool:
        """Let the timers do what is due; whether the host has just lost its power."""
        now_ms, asked = self._now_ms(), self._asked
        if not self.is_on:
            reason = self._reason_to_wake(pir_waits)
            if reason is not None and now_ms >= self._earliest_ms:
                self._give(reason)
        elif self._watchdog_s and now_ms >= self._watchdog_ms:
            self._asked = None
            self._cut(now_ms + WATCHDOG_OFF_MS)
            return True
        elif asked is not None and now_ms >= asked.at_ms:
            self._cut(now_ms + SHORTEST_OFF_MS)
            return True
        return False

    def call(self, reason: WakeReason) -> None:
        """Something happens that may give the host its power back, as soon as it may have it."""
        if not self.is_on:
            self._called.add(reason)

    def _reason_to_wake(self, pir_waits: bool) -> WakeReason | None:
        asked = self._asked
        if asked is None:
            return WakeReason.WATCHDOG
        if asked.on_pir and (pir_waits or WakeReason.PIR in self._called):
            return WakeReason.PIR
        for reason in (WakeReason.BUTTON, WakeReason.RADIO):
            if reason in self._called:
                return reason
        utc_ms = self._rtc.utc_ms()
        if asked.wake_at_s is not None and utc_ms is not None and utc_ms >= asked.wake_at_s * 1000:
            return WakeReason.TIMER
        return None

    def _give(self, reason: WakeReason) -> None:
        self.is_on = True
        self.reason = reason
        self.since_ms = self._now_ms()
        self._asked = None

    def _cut(self, earliest_ms: int) -> None:
        self.is_on = False
        self._called.clear()
        self._watchdog_s = 0
        self._earliest_ms = earliest_ms
