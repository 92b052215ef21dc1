"""What the AT commands of different modems share: waking, downlinks, lines at odd times."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable

from firmware_bridge.at_line import AtLine
from firmware_bridge.errors import NoReply, Refused
from firmware_bridge.modem import Downlink
from firmware_bridge.port import Port

TRIES = 3
"""How often something is asked that does no harm twice."""
BUSY_S = 10.0
"""How long a frame may still be under way when a modem says no more than that it is busy."""
LONGEST_WAIT_S = 3600.0
"""The longest wait that a modem is believed: more than a frame of 2.8 s costs at 0.1 %. A digit
changed by noise must not silence a station for months."""
_SETTLE_S = 0.4
_MOST_KEPT_DOWNLINKS = 16


class AtCommands(ABC):
    """The AT commands of one modem. For one thread."""

    wakings = TRIES
    """How often it is called before it counts as absent."""

    def __init__(self, name: str, port: Port, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._line = AtLine(port, clock)
        self._downlinks: deque[Downlink] = deque(maxlen=_MOST_KEPT_DOWNLINKS)

    @abstractmethod
    def hello(self) -> None:
        """A command that does nothing. Raises NoReply, Refused."""

    @abstractmethod
    def take_in(self, text: str) -> object:
        """Learn what there is to learn of a line, whoever waits for it: downlinks, a restart."""

    def wake(self) -> None:
        """Find the modem: asleep, in the middle of a line, or still starting. Raises NoReply."""
        for _ in range(self.wakings):
            self.note_pending()
            try:
                self.hello()
                return
            except (NoReply, Refused):
                # It slept, or AT was the end of a longer line. What it says to an empty line (it
                # may be an error) must not be taken for the next answer.
                self._line.end_line()
                self.linger(_SETTLE_S)
        raise NoReply(f"{self._name}: no answer to AT: has it power, and the port the right speed?")

    def note_pending(self) -> None:
        """Take in what has arrived already."""
        for text in self._line.pending():
            self.take_in(text)

    def linger(self, duration_s: float) -> None:
        """Take in what arrives within ``duration_s``."""
        deadline_s = self._line.deadline(duration_s)
        while (text := self._line.next(deadline_s)) is not None:
            self.take_in(text)

    def take_downlinks(self) -> tuple[Downlink, ...]:
        """The downlinks that arrived since the last call, whichever uplink brought them."""
        taken = tuple(self._downlinks)
        self._downlinks.clear()
        return taken

    def close(self, last: str) -> None:
        """Say ``last`` without waiting for an answer, and release the port."""
        try:
            self._line.send(last)
        finally:
            self._line.close()
