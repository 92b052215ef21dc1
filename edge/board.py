"""What the board measures and knows: battery, sun, temperature, time, and who watches over it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict

from edge.config import Controller as ControllerConfig
from edge.config import Power as PowerConfig
from edge.config import StationConfig
from edge.health.clock import ClockState, system_clock
from edge.health.controller import ControllerStage, ControllerTerms
from edge.health.power import PowerModel, PowerTerms
from edge.health.power_battery import Chemistry
from edge.health.power_stage import PowerStage
from edge.health.vitals import preferring, read_vitals
from edge.listener import Listener
from edge.records import Vitals
from edge.spool.spool import Spool
from edge.stages import Later
from edge.uplink.schedule.energy import Power


class Board:
    """What ``config`` says of battery and controller. Without either, what the kernel knows.

    ``alive`` says whether the station does its work: while it does not, the controller's watchdog
    hears nothing. The methods are for any thread.
    """

    def __init__(
        self, config: StationConfig, spool: Spool, listener: Listener, alive: Callable[[], bool]
    ) -> None:
        self._spool, self._listener, self._alive = spool, listener, alive
        self._model = None if config.power is None else _model(config.power, spool)
        self._controller: ControllerStage | None = None
        self._power: PowerStage | None = None
        self.stages: list[Later] = []
        if config.controller is not None:
            controller = self._controller = self._made(config.controller)
            self.stages.append(Later("controller", lambda: controller))
        elif self._model is not None:
            power = self._power = PowerStage(self._model)
            self.stages.append(Later("power", lambda: power))

    def vitals(self) -> Vitals:
        """Battery, panel and temperature, by whoever measures best."""
        if self._controller is None:
            return read_vitals()
        return preferring(self._controller.vitals)()

    def clock(self) -> ClockState:
        """The time, and how good it is."""
        return system_clock() if self._controller is None else self._controller.clock()

    def power(self) -> Power | None:
        """The battery as the scheduler sees it; None on mains, or where nothing is known."""
        source = self._controller or self._power
        outlook = None if source is None else source.power()
        return None if outlook is None else Power(**asdict(outlook))

    def counters(self) -> Mapping[str, int]:
        """What the controller counts."""
        return {} if self._controller is None else self._controller.counters()

    def _made(self, config: ControllerConfig) -> ControllerStage:
        from firmware_bridge.mcu.controller import Controller
        from firmware_bridge.port import SerialPort

        return ControllerStage(
            lambda: Controller(SerialPort(str(config.port))),
            self._spool.ledger,
            self._spool.keepsake("controller-clock"),
            self._listener,
            ControllerTerms(
                watchdog_s=config.watchdog_s,
                reading_s=config.reading_s,
                stale_s=max(300.0, 3 * config.reading_s),
            ),
            self._alive,
            lambda _: None,  # counted by the stage; the camera has a trigger of its own
            self._model,
        )


def _model(config: PowerConfig, spool: Spool) -> PowerModel:
    terms = PowerTerms(
        Chemistry(config.chemistry), config.capacity_wh, config.cells, config.load_w, config.floor
    )
    return PowerModel(terms, spool.keepsake("power"), time.monotonic())
