"""A device on a pty that answers lines: the common part of the simulated AT modems."""

from __future__ import annotations

import heapq
import random
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from firmware_bridge.simulators.pty_device import PtyDevice

_MOST_COMMAND_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on the line, as chances a line from 0 to 1, and how often power fails.

    ``brownout_every`` is the number of transmissions between two brown-outs, 0 for none.
    """

    lost_reply: float = 0.0
    noise: float = 0.0
    brownout_every: int = 0


class Timers:
    """What is to happen when in a device's time, which ``now_s`` tells. For one thread."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.now_s = now_s
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()

    def after(self, delay_s: float, action: Callable[[], None]) -> None:
        """Run ``action`` when ``delay_s`` of the device's time have passed."""
        heapq.heappush(self._heap, (self.now_s() + delay_s, next(self._number), action))

    def cancel_all(self) -> None:
        """Forget what was to happen."""
        self._heap.clear()

    def run_due(self) -> float | None:
        """Run what is due; seconds until the next is, None where nothing waits."""
        while self._heap and self._heap[0][0] <= self.now_s():
            heapq.heappop(self._heap)[2]()
        return max(self._heap[0][0] - self.now_s(), 0.0) if self._heap else None


class AtDevice(PtyDevice):
    """See PtyDevice. Reads commands and runs timers; what goes wrong comes from one seed."""

    def __init__(
        self, seed: int = 0, speed: float = 1.0, faults: Faults | None = None, baud: int = 115_200
    ) -> None:
        super().__init__(speed, baud)
        self.random = random.Random(seed)
        self.timers = Timers(self.now_s)
        self.faults = faults or Faults()
        self._input = bytearray()
        self._powered = True

    # -- what a device does -------------------------------------------------------------------

    @abstractmethod
    def command(self, line: str) -> None:
        """Answer ``line``."""

    def power_lost(self) -> None:
        """Forget what does not survive a power cut."""

    def powered_up(self) -> None:
        """Say what the device says when it starts."""

    start_s = 0.5
    """How long a start takes."""

    # -- for the device -----------------------------------------------------------------------

    def say(self, *lines: str) -> None:
        """Write lines, as far as the faults let them through."""
        for line in lines:
            if self.random.random() < self.faults.lost_reply:
                continue
            data = line.encode() + b"\r\n"
            if self.random.random() < self.faults.noise:
                data = self._spoil(data)
            self.write(data)

    def restart(self) -> None:
        """Lose power now, and start again."""
        self.timers.cancel_all()
        self._input.clear()
        self._powered = False
        self.power_lost()
        self.write(self.random.randbytes(self.random.randrange(1, 12)))
        self.timers.after(self.start_s, self._start)

    # -- for who stands outside ---------------------------------------------------------------

    def call(self, action: Callable[[], object]) -> None:
        """Run ``action`` in the device's thread, soon."""

        def run() -> None:
            action()
            raise _LookAgain  # it may have set a timer that ends the present wait

        self.order(run)

    def brown_out(self) -> None:
        """Let the supply dip now."""
        self.call(self.restart)

    # -- the thread ---------------------------------------------------------------------------

    def play(self) -> None:
        """See PtyDevice."""
        while True:
            wait_s = self.timers.run_due()
            try:
                data = self.read(wait_s)
            except _LookAgain:
                continue
            self._take(data)

    def _take(self, data: bytes) -> None:
        for byte in data:
            if not self._powered:
                return
            if byte in b"\r\n":
                line = self._input.decode("ascii", "replace").strip()
                self._input.clear()
                if line:
                    self.command(line)
            elif len(self._input) < _MOST_COMMAND_BYTES:
                self._input.append(byte)

    def _start(self) -> None:
        self._powered = True
        self.powered_up()

    def _spoil(self, data: bytes) -> bytes:
        junk = self.random.randbytes(self.random.randrange(1, 6))
        at = self.random.randrange(len(data))
        # Either foreign bytes in a line, or a line that ends too early.
        return data[:at] + junk + data[at:] if self.random.random() < 0.5 else data[:at] + b"\r\n"


class _LookAgain(Exception):
    """Something was done to the device from outside. Never leaves this module."""
