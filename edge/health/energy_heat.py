"""What a hot processor is spared: judging waits between bursts. Catching never does."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum

from edge.listener import Listener
from edge.spool.errors import SpoolFull
from edge.spool.ledger import Ledger

ALARM = "hot"
ALARM_TEXT = "the processor is at 85 C or more: judging rests; shade the box, or let air through it"
WARM_C, HOT_C = 80.0, 85.0
"""A Raspberry Pi's firmware slows the processor down from 80 C on, and holds it at 85 C
(raspberrypi.com, "Frequency management and thermal control"). A judgement at half the speed takes
twice as long and more joules: it may as well wait until the box has cooled."""
COOLER_C = 5.0
"""It counts as warm, or hot, until it is cooler by so much."""
LOOK_S = 5.0
"""How often the temperature is read."""
MOST_REST_S = 600.0
"""Between two bursts: a sensor that is stuck at 90 C must not blind a station."""


class Heat(IntEnum):
    """How hot the processor is."""

    COOL = 0
    WARM = 1
    HOT = 2


def heat(temperature_c: float | None, before: Heat = Heat.COOL) -> Heat:
    """How hot it is at ``temperature_c``, after ``before``; cool where nobody measures."""
    if temperature_c is None:
        return Heat.COOL
    limit_c = {Heat.HOT: HOT_C, Heat.WARM: WARM_C}
    for level, from_c in limit_c.items():
        if temperature_c >= from_c - (COOLER_C if before >= level else 0.0):
            return level
    return Heat.COOL


def rest_s(level: Heat, worked_s: float) -> float:
    """For how long judging rests, at most, after a burst that took ``worked_s``: as long again
    while it is warm, until it is cooler while it is hot."""
    if level is Heat.HOT:
        return MOST_REST_S
    return min(worked_s, MOST_REST_S) if level is Heat.WARM else 0.0


class Thermostat:
    """Says when judging rests. Its methods are for the thread that judges, ``level`` for any.

    ``temperature_c`` is the processor's, ``now`` seconds on a clock that nobody sets.
    """

    def __init__(
        self,
        temperature_c: Callable[[], float | None],
        ledger: Ledger,
        listener: Listener,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._temperature_c, self._ledger = temperature_c, ledger
        self._listener, self._now = listener, now
        self.level = Heat.COOL
        self._worked_s = 0.0
        self._ended_s = -MOST_REST_S
        self._is_told: bool | None = None
        self._due_s = now()

    def worked(self, seconds: float) -> None:
        """A burst was judged, in ``seconds``."""
        self._worked_s, self._ended_s = seconds, self._now()

    def rests(self) -> bool:
        """Whether the next burst must wait."""
        now_s = self._now()
        if now_s >= self._due_s:
            self._due_s = now_s + LOOK_S
            self.level = heat(self._temperature_c(), self.level)
            with suppress(SpoolFull):  # it is told once there is room
                self._tell()
        return now_s - self._ended_s < rest_s(self.level, self._worked_s)

    def _tell(self) -> None:
        is_hot = self.level is Heat.HOT
        if is_hot is self._is_told:
            return
        if is_hot:
            self._ledger.raise_alarm(ALARM, ALARM_TEXT)
            self._listener.trouble(ALARM_TEXT)
        else:
            self._ledger.clear_alarm(ALARM)
        self._is_told = is_hot
