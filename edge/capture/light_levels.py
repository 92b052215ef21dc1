"""What a camera that sleeps remembers of the light, so that its first picture is a good one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from edge.capture.camera.exposures import ExposureMemory
from edge.records import Exposure

_MINUTES_A_LEVEL = 30


class Memory(Protocol):
    """A small value that survives a reboot."""

    def load(self) -> bytes | None: ...

    def save(self, state: bytes) -> None: ...


def level_of_day(now: datetime) -> int:
    """The half hour of the day, 0 to 47: light of the same level, on a ridge that stays where it
    is. A clock that is wrong by hours is wrong alike every day."""
    return (now.hour * 60 + now.minute) // _MINUTES_A_LEVEL


class Lights:
    """Remembers exposures in ``memory``. ``level`` says how light it is now, by whole numbers.

    What cannot be read or saved costs the camera a moment of metering, and nothing else.
    """

    def __init__(self, memory: Memory, level: Callable[[], int]) -> None:
        self._memory, self._level = memory, level
        self._known: ExposureMemory | None = None
        self._kept = b""  # tried to keep, at least
        self._due: bytes | None = None
        self._last: Exposure | None = None

    def recall(self) -> Exposure:
        """What was good in this light."""
        return self._read().recall(self._level())

    def saw(self, exposure: Exposure) -> None:
        """The camera exposed a picture so."""
        self._last = exposure

    def keep(self) -> None:
        """Remember the last picture's exposure."""
        if self._last is None:
            return
        known = self._read()
        known.remember(self._level(), self._last)
        self._due = known.dump()

    def save(self) -> bool:
        """Have what is remembered survive a reboot; whether there was something new. From another
        thread than the rest: it waits for the card."""
        due = self._due
        if due is None or due == self._kept:
            return False
        self._kept = due
        with suppress(OSError):  # a full card; it is tried again after the next burst
            self._memory.save(due)
        return True

    def _read(self) -> ExposureMemory:
        if self._known is None:
            self._kept = self._memory.load() or b""
            self._known = ExposureMemory.load(self._kept)
        return self._known
