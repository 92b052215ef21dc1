"""What a controller tells by itself. Times are its own, of when it happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from firmware_bridge.dictionary import Value
from firmware_bridge.errors import FrameError
from firmware_bridge.mcu.records import Greeting, utc
from firmware_bridge.messages import Message, WakeReason


@dataclass(frozen=True, slots=True)
class PirEvent:
    """Something warm moved.

    ``at`` is None while the RTC was never set; ``uptime_ms`` counts from the controller's start
    number ``boot``, modulo 2^32. The three of ``boot``, ``number`` and ``uptime_ms`` name an event
    for good: the same after a restart of the host.
    """

    boot: int
    number: int
    uptime_ms: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class WakeEvent:
    """A button or a radio would have woken the host, which has power already."""

    boot: int
    number: int
    uptime_ms: int
    at: datetime | None
    reason: WakeReason


@dataclass(frozen=True, slots=True)
class BatteryEvent:
    """The battery fell below the controller's limit."""

    boot: int
    number: int
    uptime_ms: int
    at: datetime | None
    battery_mv: int


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event of a dictionary that this program does not speak."""

    boot: int
    number: int
    type: int
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Restarted:
    """The controller was greeted anew: it had restarted.

    Its watchdog and power-off are no longer set, its RTC perhaps neither, and events that were
    waiting are lost.
    """

    greeting: Greeting


Event = PirEvent | WakeEvent | BatteryEvent | UnknownEvent | Restarted


def to_event(message: Message, greeting: Greeting) -> Event:
    """The event in ``message``, an UnknownEvent where the two ends do not agree on its meaning."""
    kind = message.kind
    try:
        fields = message.fields()
    except FrameError:
        kind = None
    if kind is None or not greeting.allows(kind.name):
        return UnknownEvent(greeting.boot, message.number, message.type, message.values)
    when = (greeting.boot, message.number, fields["uptime_ms"], utc(fields["utc_s"]))
    if kind.name == "wake-event":
        return WakeEvent(*when, WakeReason(fields["reason"]))
    if kind.name == "battery-event":
        return BatteryEvent(*when, fields["battery_mv"])
    return PirEvent(*when)
