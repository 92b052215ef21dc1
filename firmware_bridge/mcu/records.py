"""What a controller answers, in the words of its users."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from firmware_bridge import dictionary
from firmware_bridge.errors import ProtocolMismatch
from firmware_bridge.messages import Charge, WakeReason


@dataclass(frozen=True, slots=True)
class Greeting:
    """Who the controller says it is; ``boot`` counts its starts."""

    version: int
    dictionary: bytes
    boot: int
    firmware: str

    @property
    def mismatch(self) -> ProtocolMismatch | None:
        """What is wrong if the two ends speak differently; raised by calls that need more."""
        if (self.version, self.dictionary) == (dictionary.VERSION, dictionary.HASH):
            return None
        return ProtocolMismatch(
            f"the controller ({self.firmware}) speaks protocol {self.version} with dictionary"
            f" {self.dictionary.hex()}, this program protocol {dictionary.VERSION} with"
            f" {dictionary.HASH.hex()}: only ping, wake reason, PIR events and reading the clock"
            " still work; flash the firmware that belongs to this program, or update the program"
        )

    def allows(self, name: str) -> bool:
        """Whether the message ``name`` means the same to both ends."""
        return name in dictionary.SAFE or self.mismatch is None


@dataclass(frozen=True, slots=True)
class Pong:
    """A sign of life: events that wait, and events lost to a full queue since the start."""

    uptime_ms: int
    waiting: int
    lost: int


@dataclass(frozen=True, slots=True)
class Wake:
    """Why the host has power, and since when by the controller's clocks."""

    reason: WakeReason
    uptime_ms: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The controller's clocks, and the host's at the same moment, give or take the uncertainty."""

    uptime_ms: int
    rtc: datetime | None
    host: datetime
    uncertainty_s: float


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The RTC was set: what it showed just before, and what it shows instead."""

    before: ClockReading
    to: datetime


@dataclass(frozen=True, slots=True)
class Energy:
    """The supply; None where the board measures nothing. Current is positive into the battery."""

    battery_mv: int | None
    solar_mv: int | None
    current_ma: int | None
    charge: Charge


def utc(utc_s: int | None, utc_ms: int | None = 0) -> datetime | None:
    """The time that an RTC tells, None while it was never set."""
    if utc_s is None:
        return None
    return datetime.fromtimestamp(utc_s, UTC) + timedelta(milliseconds=utc_ms or 0)
