"""What the controller saw, with the time at which that was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.health.controller_clock import ControllerClock
from edge.records import ClockQuality
from firmware_bridge.mcu import BatteryEvent, PirEvent, UnknownEvent, WakeEvent

Seen = PirEvent | WakeEvent | BatteryEvent | UnknownEvent


class SensedKind(StrEnum):
    """What it was."""

    PIR = "pir"
    WAKE = "wake"
    BATTERY = "battery"
    UNKNOWN = "unknown"


_KINDS: dict[type[Seen], SensedKind] = {
    PirEvent: SensedKind.PIR,
    WakeEvent: SensedKind.WAKE,
    BatteryEvent: SensedKind.BATTERY,
}


@dataclass(frozen=True, slots=True)
class Sensed:
    """An event of the controller. ``at`` is when it happened, never when it was told, as good as
    ``clock`` says; None where no clock knows. ``event`` is the controller's own word."""

    kind: SensedKind
    at: datetime | None
    clock: ClockQuality
    event: Seen
    at_s: float | None = None
    """The same on the station's clock that nobody sets, where the controller's count tells it."""


def sensed(event: Seen, clock: ControllerClock) -> Sensed:
    """``event`` with its time."""
    if isinstance(event, UnknownEvent):
        return Sensed(SensedKind.UNKNOWN, None, ClockQuality.UNSET, event)
    at, quality = clock.when(event.boot, event.uptime_ms, event.at)
    at_s = clock.when_s(event.boot, event.uptime_ms)
    return Sensed(_KINDS[type(event)], at, quality, event, at_s)
