"""The counter of basecamp's frames: its clock, so that a restored backup cannot go back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from edge.wire.air.frame import COUNTERS

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_STEP_S = 60
_FASTER = timedelta(hours=1)


def told_by(counter: int) -> datetime:
    """A time before which a downlink with this counter was not made: the counter runs with
    basecamp's clock, and an hour is allowed for frames that were sent faster than one a minute."""
    return _BEGINNING + timedelta(seconds=counter * _STEP_S) - _FASTER


def next_down_counter(last: int, now: datetime) -> int:
    """The counter for a downlink after ``last`` (-1 before any): the minutes since 2026, or one
    more than the last where that is not later. To be stored before the frame leaves.

    A backup of basecamp's store does not know what was sent after it was made. As the counter runs
    with the clock, a store that was restored goes on beyond all of it, unless a station was sent
    more than one frame a minute. Raises OverflowError after the year 2057.
    """
    counter = max(last + 1, int((now - _BEGINNING).total_seconds()) // _STEP_S)
    if counter >= COUNTERS:
        raise OverflowError("no counter is left for downlinks; give the station a new key")
    return counter
