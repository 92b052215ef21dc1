"""The seam between a station and whatever takes pictures."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from edge.records import Burst


class BurstSource(Protocol):
    """Gives bursts, one at a time.

    A lens with a sensor, a watched folder and a replayed card all look like this to the station.
    """

    @property
    def exhausted(self) -> bool:
        """Whether no burst will ever come again; a live source is once it was told to end."""

    def next_burst(self, timeout_s: float) -> Burst | None:
        """The next burst; None when none came within ``timeout_s`` or none will come again.

        Raises IrbisError for as long as nothing can be caught, once nothing is left to give.
        """

    def done_with(self, burst: Burst) -> None:
        """The burst is durable (or was known): the source need not keep it any longer."""

    def close(self) -> None:
        """Release the hardware."""


@runtime_checkable
class Growing(Protocol):
    """A source that takes its bursts itself, and can show one before it is over."""

    def so_far(self) -> Burst | None:
        """The burst that is being taken, if it is the next to be given: under the id and with the
        first frames that it will have. None where there is none, or not one picture of it."""
