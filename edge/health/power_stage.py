"""The battery's model on a board that measures its battery itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from edge.health.clock import ClockState, system_clock
from edge.health.power import PowerModel, PowerOutlook, PowerReading
from edge.health.vitals import read_vitals
from edge.records import ClockQuality, Vitals
from edge.spool.errors import SpoolFull


class PowerStage:
    """Hands the model what the board measures, every ``every_s``. Only where no controller does."""

    def __init__(
        self,
        model: PowerModel,
        every_s: float = 60.0,
        vitals: Callable[[], Vitals] = read_vitals,
        clock: Callable[[], ClockState] = system_clock,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model, self._every_s = model, every_s
        self._vitals, self._clock, self._now = vitals, clock, now
        self._due_s = now()

    def step(self) -> bool:
        """Take a reading if one is due; whether one was. Raises what saving raises."""
        now_s = self._now()
        if now_s < self._due_s:
            return False
        self._due_s = now_s + self._every_s
        # The kernel's thermometer is in the processor, which says nothing of a battery's cold.
        reading = PowerReading(self._vitals().battery_mv)
        clock = self._clock()
        utc = None if clock.quality is ClockQuality.UNSET else clock.now()
        self._model.take(reading, now_s, utc)
        return True

    def power(self) -> PowerOutlook | None:
        """The battery and what is expected of the sun; None where nothing is known. Any thread."""
        clock = self._clock()
        utc = None if clock.quality is ClockQuality.UNSET else clock.now()
        return self._model.outlook(self._now(), utc)

    def close(self) -> None:
        """Keep what was learnt."""
        with suppress(SpoolFull):
            self._model.keep()
