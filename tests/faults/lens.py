"""A lens in a test's hand: it gives what it is told to give, when it is told to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from queue import Empty, Queue

from edge.capture.files import read_burst
from edge.capture.listing import list_bursts
from edge.records import Burst
from edge.station import Station
from tests.basecamp.field import eventually


class HeldLens:
    """A source of bursts."""

    exhausted = False

    def __init__(self) -> None:
        self._waiting: Queue[Burst] = Queue()

    def see(self, bursts: Iterable[Burst]) -> None:
        for burst in bursts:
            self._waiting.put(burst)

    def next_burst(self, timeout_s: float) -> Burst | None:
        try:
            return self._waiting.get(timeout=timeout_s)
        except Empty:
            return None

    def done_with(self, burst: Burst) -> None:
        """It keeps nothing."""

    def close(self) -> None:
        """It holds nothing."""


def told_of(station: Station) -> set[str]:
    """The alarms that stand."""
    return set(station.spool.ledger.alarms())


def told_after_self_test(station: Station) -> set[str]:
    """The alarms that stand once it has looked at itself, as it does 20 s after arming."""
    eventually(lambda: station._selftest is not None, "the self-test is there")
    assert station._selftest is not None
    station._selftest.run()
    return told_of(station)


def bursts_on(card: Path) -> list[Burst]:
    """All that lie on a card of pictures."""
    return [read_burst(files) for files in list_bursts(card)]
