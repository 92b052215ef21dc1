"""The seam between a station and whatever makes it take a burst."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from edge.errors import IrbisError
from edge.records import ClockQuality


class TriggerError(IrbisError):
    """A trigger cannot be armed, or does not work any more."""


class LineError(TriggerError, OSError):
    """The GPIO line cannot be taken, or has gone."""


class TriggerBroken(TriggerError, RuntimeError):
    """A trigger is used before it was armed, or its driver has a bug."""


class TriggerUnavailable(TriggerError, ImportError):
    """The library through which this trigger reaches its hardware is not installed."""


class NoSuchLine(TriggerError, LookupError):
    """No GPIO chip or line of that name, or more than one."""


class Cause(StrEnum):
    """Why a burst is taken."""

    PIR = "pir"
    SCHEDULE = "schedule"
    TEST = "test"
    SECOND_LOOK = "second look"
    """Nothing fired: the sensor did some seconds ago."""


@dataclass(frozen=True, slots=True)
class Firing:
    """One time that a trigger fired.

    ``at_s`` is when it happened, never when it was heard of: seconds of ``time.monotonic``, which
    nobody sets; below 0 where it was before the system started. ``at`` is that moment in UTC, as
    good as ``clock``, where another clock than the system's saw it; else None. ``source`` is the
    trigger's name.
    """

    cause: Cause
    source: str
    at_s: float
    at: datetime | None = None
    clock: ClockQuality = ClockQuality.UNSET


def moment(firing: Firing, now: datetime, now_s: float) -> datetime:
    """When it was, in UTC: what its own clock said, else as long before ``now`` (UTC) as ``at_s``
    lies before ``now_s`` (of ``time.monotonic``, the same instant as ``now``)."""
    return firing.at or now - timedelta(seconds=now_s - firing.at_s)


class Trigger(Protocol):
    """Says when to take a burst. Made without effect; ``arm`` takes the hardware.

    ``wait`` is for one thread.
    """

    @property
    def lost(self) -> int:
        """Firings that were seen and could not be kept, since it was made: arming it anew forgets
        none."""

    def arm(self) -> None:
        """Take the hardware. A sensor that is active already fires at once: it may be what woke
        the station. Raises TriggerError."""

    def wait(self, timeout_s: float) -> Firing | None:
        """The next firing, oldest first; None when none came within ``timeout_s``. Raises
        TriggerError when the hardware has gone."""

    def close(self) -> None:
        """Give the hardware back. Closing twice, or what was never armed, does nothing."""
