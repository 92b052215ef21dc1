"""The time as satellites tell it, from a receiver that speaks NMEA 0183 on a serial line.

Nothing is written to the receiver, so any will do. A sentence comes a part of a second after the
moment that it names, so what was told with the least delay counts; a single sentence counts for
nothing, for bits flip in pairs and a buffer may hold what was said long ago.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from firmware_bridge.at_line import AtLine
from firmware_bridge.nmea import NmeaTime, read_time
from firmware_bridge.port import Port

BAUD = 9600
"""What NMEA receivers speak unless they are told otherwise."""
STEADY = 3
"""So many sentences in a row must agree."""
APART_S = 1.0
"""By so much they may differ: a sentence is sent within the second that it names."""
WEEKS_ANEW = timedelta(weeks=1024)
"""The satellites number weeks in ten bits: a receiver that is older than its sky is off by that."""


_SAME_DATE = timedelta(hours=1)


class Sky(StrEnum):
    """What a receiver says."""

    SILENT = "silent"
    """Nothing of the time."""
    NO_FIX = "no-fix"
    """Time, but not by satellites: its own clock's, or a guess."""
    IMPOSSIBLE = "impossible"
    """A date before the software was made, or 1024 weeks after."""
    UNSTEADY = "unsteady"
    """Too few in a row that agree."""
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Told:
    """That it was ``at`` (UTC) at ``heard_s`` of a clock that nobody sets, to about a second."""

    at: datetime
    heard_s: float


class GnssReceiver:
    """A receiver on ``port``. For one thread.

    No time before ``made`` is believed, for this software was not there then, and none 1024 weeks
    later. ``now`` is a clock in s that nobody sets, and that counts while the machine sleeps.
    """

    def __init__(
        self,
        port: Port,
        made: datetime,
        now: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        self._port, self._line = port, AtLine(port)
        self._made, self._now = made, now
        self._heard: deque[Told] = deque(maxlen=STEADY)
        self._dated: datetime | None = None
        self.sky = Sky.SILENT
        """What it said last."""
        port.discard_input()

    def listen(self, seconds: float) -> Told | None:
        """The time, as soon as enough sentences agree; None where they did not within ``seconds``.

        Raises LinkLost.
        """
        deadline_s = self._line.deadline(seconds)
        while (line := self._line.next(deadline_s)) is not None:
            told = self.hear(line)
            if told is not None:
                return told
        return None

    def hear(self, line: str) -> Told | None:
        """Take one sentence, just heard; the time where enough agree."""
        said = read_time(line)
        if said is None:
            return None
        if said.fixed is None:
            self._dated = said.at  # the date alone says nothing of satellites
            return None
        self.sky = self._judged(said)
        if said.at is None or self.sky is not Sky.UNSTEADY:
            self._heard.clear()
            return None
        return self._agreed(Told(said.at, self._now()))

    def close(self) -> None:
        """Release the port."""
        self._port.close()

    def _judged(self, said: NmeaTime) -> Sky:
        if said.at is None:
            return Sky.NO_FIX
        # Its other sentence tells the year with four digits.
        differs = self._dated is not None and abs(said.at - self._dated) > _SAME_DATE
        possible = self._made <= said.at < self._made + WEEKS_ANEW
        return Sky.UNSTEADY if possible and not differs else Sky.IMPOSSIBLE

    def _agreed(self, told: Told) -> Told | None:
        self._heard.append(told)
        ahead_s = [_ahead_s(one, self._heard[0]) for one in self._heard]
        if len(ahead_s) < STEADY or max(ahead_s) - min(ahead_s) > APART_S:
            return None
        self.sky = Sky.TOLD
        # The one furthest ahead came with the least delay.
        return self._heard[ahead_s.index(max(ahead_s))]


def _ahead_s(one: Told, other: Told) -> float:
    """How much later ``one`` says that it is than ``other`` did, beyond what passed between."""
    return (one.at - other.at).total_seconds() - (one.heard_s - other.heard_s)
