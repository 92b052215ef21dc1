"""The time as a cellular network tells its phones (NITZ, 3GPP TS 22.042), by ModemManager."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from edge.uplink.cellular.dbus import Bus, DbusFailed

TIME = "org.freedesktop.ModemManager1.Modem.Time"
_MOST_TEXT = 40
_ASK_S = 5.0

OnTime = Callable[[datetime], None]
"""Takes the time that a network has just told, UTC."""


def network_time(bus: Bus, modem: str) -> datetime | None:
    """What the network of ``modem`` says that it is now; None where it has said nothing, or nothing
    that makes a time. A modem that was told no time says so, or shows the clock it began with."""
    try:
        (told,) = bus.call(modem, TIME, "GetNetworkTime", timeout_s=_ASK_S)
    except (DbusFailed, ValueError):
        return None
    return read_iso(told, _zone_minutes(bus, modem))


def read_iso(told: object, zone_minutes: int | None = None) -> datetime | None:
    """The moment in an ISO 8601 text, UTC. Where the text has no offset from that, it is
    ``zone_minutes``; None without either, for the hour of an unknown country is no time."""
    if not isinstance(told, str) or len(told) > _MOST_TEXT:
        return None
    try:
        at = datetime.fromisoformat(told)
        if at.tzinfo is None:
            if zone_minutes is None:
                return None
            at = at.replace(tzinfo=timezone(timedelta(minutes=zone_minutes)))
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone_minutes(bus: Bus, modem: str) -> int | None:
    try:
        _, offset = bus.properties(modem, TIME)["NetworkTimezone"]["offset"]
        return int(offset)
    except (DbusFailed, KeyError, TypeError, ValueError):
        return None
