"""The filter that keeps infrared from the sensor: before it by day, beside it by night."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from edge.capture.light.lines import OutputLine
from edge.capture.trigger.firing import TriggerError


class IrCut(Protocol):
    """A filter that can be moved. ``trouble`` says why it cannot; None where it can."""

    trouble: str | None

    @property
    def out(self) -> bool | None:
        """Whether it lets infrared in; None until it was moved."""

    def move(self, out: bool) -> None:
        """Out of the light's way, or into it; where it is already, nothing happens."""

    def close(self) -> None:
        """Give its lines back."""


class _Moved:
    """What all of them have in common: where it is, and what becomes of a move that fails."""

    def __init__(self, *lines: OutputLine) -> None:
        self.trouble: str | None = None
        self._lines = lines
        self._out: bool | None = None

    @property
    def out(self) -> bool | None:
        return self._out

    def move(self, out: bool) -> None:
        if out == self._out:
            return
        try:
            for line in self._lines:
                line.open()
            self._drive(out)
        except TriggerError as error:
            self.close()  # it may have moved or not; a line that is back is to be taken anew
            self.trouble = f"infrared filter: {error}"
        else:
            self._out, self.trouble = out, None

    def close(self) -> None:
        self._out = None
        for line in self._lines:
            line.close()

    def _drive(self, out: bool) -> None:
        """Send it there. Raises LineError."""
        raise NotImplementedError


class HeldFilter(_Moved):
    """Out as long as ``line`` is on, as drivers with a coil circuit of their own want it."""

    def __init__(self, line: OutputLine) -> None:
        super().__init__(line)
        self._line = line

    def _drive(self, out: bool) -> None:
        self._line.set(out)


class LatchingFilter(_Moved):
    """A coil that stays where it was sent by ``pulse_s`` on one of two lines, never on both.

    It would burn under a lasting current: a line is off again whatever goes wrong.
    """

    def __init__(
        self,
        outward: OutputLine,
        inward: OutputLine,
        pulse_s: float = 0.1,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(outward, inward)
        self._outward, self._inward = outward, inward
        self._pulse_s, self._sleep = pulse_s, sleep

    def _drive(self, out: bool) -> None:
        line = self._outward if out else self._inward
        try:
            line.set(True)
            self._sleep(self._pulse_s)
        finally:
            line.set(False)
