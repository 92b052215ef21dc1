"""When a station learns what basecamp has, as ``tools.basecamp.radio_answers`` tells it.

A network sends to a device only after that has spoken. What basecamp answers to one uplink it is
mostly too late for: the network keeps it until the next.
"""

from __future__ import annotations

from edge.wire.air.acknowledgement import (
    MOST,
    RadioAcknowledgement,
    encode_radio_acknowledgements,
)
from edge.wire.air.frame import OVERHEAD_BYTES
from tools.simulate.settings import DAY_S

_REPEATED = 64
"""An answer tells once more of records that it told of lately, up to so many in all."""
_BURST_SHARE = 2
"""Answers that are counted keep half of the distance at which they would be evenly spread."""


class Answers:
    """Basecamp and the network, on behalf of one station.

    ``quick``: basecamp's answer reaches the network in time for the uplink that it answers.
    ``daily_limit`` of answers in any 24 hours, None for no limit.
    """

    def __init__(self, quick: bool, daily_limit: int | None = None) -> None:
        self._quick, self._daily_limit = quick, daily_limit
        self._told: dict[int, bool] = {}  # what was heard last at the end
        self._made_s: list[float] = []
        self._waiting: tuple[int, ...] = ()

    def heard(self, number: int, now_s: float) -> tuple[int, ...]:
        """An uplink brought the record with this number. What the network may say now."""
        self._told.pop(number, None)
        self._told[number] = False
        if len(self._told) > _REPEATED:
            del self._told[next(iter(self._told))]
        if self._waiting:
            return self._waiting
        self._waiting = self._due(now_s)
        return self._waiting if self._quick else ()

    def said(self, now_s: float) -> None:
        """What the network could say, it said; basecamp may have more for the next uplink."""
        self._waiting = self._due(now_s)

    def _due(self, now_s: float) -> tuple[int, ...]:
        newest = next((number for number, told in reversed(self._told.items()) if not told), None)
        if newest is None or not self._allowed(now_s):
            return ()
        numbers = tuple(sorted(n for n in self._told if newest - MOST < n <= newest))
        for number in numbers:
            self._told[number] = True
        if self._daily_limit is not None:
            self._made_s.append(now_s)
        return numbers

    def _allowed(self, now_s: float) -> bool:
        if self._daily_limit is None:
            return True
        self._made_s = [made_s for made_s in self._made_s if made_s > now_s - DAY_S]
        if not self._made_s:
            return self._daily_limit > 0
        pause_s = DAY_S / self._daily_limit / _BURST_SHARE
        return len(self._made_s) < self._daily_limit and self._made_s[-1] <= now_s - pause_s


def answer_bytes(numbers: tuple[int, ...]) -> int:
    """The length of the frame that tells of these records."""
    (record,) = encode_radio_acknowledgements(RadioAcknowledgement(0, numbers))
    return len(record) + OVERHEAD_BYTES
