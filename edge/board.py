"""What the board measures and knows: battery, sun, temperature, time, and who watches over it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from edge.config import Clock as ClockConfig
from edge.config import Controller as ControllerConfig
from edge.config import Power as PowerConfig
from edge.config import StationConfig
from edge.config_power import Draw as DrawConfig
from edge.health.clock import ClockState, system_clock
from edge.health.clock_log import ClockLog
from edge.health.controller import ControllerStage, ControllerTerms
from edge.health.controller_events import Sensed, SensedKind
from edge.health.elapsed import Elapsed
from edge.health.energy_cycle import Mode, Traffic
from edge.health.energy_heat import Thermostat
from edge.health.energy_keeper import EnergyKeeper
from edge.health.energy_policy import LADDER, Policy
from edge.health.energy_station import Assumed, assumed_station
from edge.health.heard_clock import MADE, HeardClock
from edge.health.last_end import last_end, state_folder
from edge.health.lately import CLOCK_STEPPED, Lately
from edge.health.power import PowerModel, PowerOutlook, PowerTerms
from edge.health.power_battery import Chemistry
from edge.health.power_stage import PowerStage
from edge.health.uptime import Uptimes
from edge.health.vitals import preferring, read_vitals
from edge.listener import Listener
from edge.records import Vitals
from edge.spool.errors import SpoolFull
from edge.spool.spool import Spool
from edge.stages import Later
from edge.uplink.schedule.energy import Power, spared

if TYPE_CHECKING:
    from edge.health.gnss_stage import GnssStage


class Board:
    """What ``config`` says of battery and controller. Without either, what the kernel knows.

    ``alive`` says whether the station does its work: while it does not, the controller's watchdog
    hears nothing. ``on_event`` gets what the controller sees. The methods are for any thread.
    """

    def __init__(
        self,
        config: StationConfig,
        spool: Spool,
        listener: Listener,
        alive: Callable[[], bool],
        on_event: Callable[[Sensed], None] = lambda _: None,
    ) -> None:
        self._spool, self._listener, self._alive = spool, listener, alive
        self._on_event = on_event
        self.assumed = _assumed(config, listener)
        self._model = None
        if config.power is not None:
            self._model = _model(config.power, self.assumed, spool)
        self._pir_edges = 0
        self.heard_clock = HeardClock()
        """What receivers told of the time."""
        self._controller: ControllerStage | None = None
        self._power: PowerStage | None = None
        self.stages: list[Later] = []
        if config.controller is not None:
            controller = self._controller = self._made(config.controller)
            self.stages.append(Later("controller", lambda: controller))
        elif self._model is not None:
            power = self._power = PowerStage(self._model, clock=self.clock)
            self.stages.append(Later("power", lambda: power))
        lately = _lately(config, spool, listener, self.clock)
        self.stages.append(Later("lately", lambda: lately))
        clock_log = self.clock_log = ClockLog(
            spool.keepsake("clock-log"),
            Uptimes(spool).now,
            listener,
            self.clock,
            words=spool.keepsake("clock-words"),
            on_jump=lambda: lately.happened(CLOCK_STEPPED),
        )
        """When the clock was set, and what was when by it."""
        self.stages.append(Later("clock", lambda: clock_log))
        if config.clock.gnss is not None:
            self.stages.append(Later("gnss", lambda: self._gnss(config.clock)))
        self._keeper: EnergyKeeper | None = None
        if self._model is not None:
            keeper = self._keeper = EnergyKeeper(
                self.outlook, spool.keepsake("energy-policy"), spool.ledger, listener, self.assumed
            )
            self.stages.append(Later("energy", lambda: keeper))
        self.restraint = Restraint(self._thermostat(), self.policy)
        """What heat and battery allow of judging."""

    def vitals(self) -> Vitals:
        """Battery, panel and temperature, by whoever measures best."""
        if self._controller is None:
            return read_vitals()
        return preferring(self._controller.vitals)()

    def clock(self) -> ClockState:
        """The time, and how good it is."""
        return self.heard_clock.over(
            system_clock() if self._controller is None else self._controller.clock()
        )

    def power(self) -> Power | None:
        """The battery as the scheduler sees it; None on mains, or where nothing is known."""
        outlook, policy = self.outlook(), self.policy()
        if outlook is None:
            return None
        return Power(**asdict(outlook), spared=spared(policy.crops, policy.full_records))

    def outlook(self) -> PowerOutlook | None:
        """The battery and what is expected of the sun; None where nothing is known."""
        source = self._controller or self._power
        return None if source is None else source.power()

    def policy(self) -> Policy:
        """What the battery affords now; everything on mains."""
        return LADDER[0] if self._keeper is None else self._keeper.policy

    @property
    def switch(self) -> ControllerStage | None:
        """Who has the power, where a controller does."""
        return self._controller

    @property
    def pir_edges(self) -> int:
        """How often the controller's motion sensor has fired since the station came up."""
        return self._pir_edges

    def counters(self) -> Mapping[str, int]:
        """What the controller counts, and how the battery stands."""
        return {
            **({} if self._controller is None else self._controller.counters()),
            **({} if self._keeper is None else self._keeper.counters()),
            **self.clock_log.counters(),
        }

    def _sensed(self, event: Sensed) -> None:
        if event.kind is SensedKind.PIR:
            self._pir_edges += 1  # first, so that no burst is on the card before its edge counts
        self._on_event(event)

    def _thermostat(self) -> Thermostat:
        # The processor's own: the controller's thermometer hangs in the box.
        return Thermostat(lambda: read_vitals().temperature_c, self._spool.ledger, self._listener)

    def _gnss(self, config: ClockConfig) -> GnssStage:
        from edge.health.gnss_stage import GnssStage
        from firmware_bridge.gnss import GnssReceiver
        from firmware_bridge.port import SerialPort

        with suppress(SpoolFull):
            self.heard_clock.recall(Uptimes(self._spool).now(), self.clock_log.anchors())
        return GnssStage(
            lambda: GnssReceiver(SerialPort(str(config.gnss), config.gnss_baud), MADE),
            self.heard_clock,
            self._spool.ledger,
            self._listener,
            config.gnss_every_s,
        )

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
            self._sensed,
            self._model,
            system=lambda: self.heard_clock.over(system_clock()),
        )


class Restraint:
    """What ``thermostat`` and ``policy`` allow of judging."""

    def __init__(self, thermostat: Thermostat, policy: Callable[[], Policy]) -> None:
        self._policy = policy
        self.rests = thermostat.rests
        self.worked = thermostat.worked

    @property
    def second_looks(self) -> bool:
        """Whether the battery affords them."""
        return self._policy().second_looks


def _lately(
    config: StationConfig, spool: Spool, listener: Listener, clock: Callable[[], ClockState]
) -> Lately:
    """What tells of power cuts and the like, but for the cuts that a controller makes."""
    folder = state_folder(os.environ, config.spool.path) or config.spool.path.parent
    return Lately(
        spool.keepsake("lately"),
        spool.ledger,
        listener,
        Elapsed(clock),
        lambda: last_end(folder),
        by_design=config.power is not None and config.power.mode == "woken",
    )


_LOAD_W = 1.0
"""Of a station of which nothing is known."""


def _assumed(config: StationConfig, listener: Listener) -> Assumed | None:
    """What ``[power.draw]`` says. Numbers that cannot be cost the forecast, not a leopard."""
    if config.power is None or config.power.draw is None:
        return None
    draw: DrawConfig = config.power.draw
    mode = Mode.WOKEN if config.power.mode == "woken" else Mode.ALWAYS_ARMED
    beats = 86_400 / config.uplink.heartbeat_s
    traffic = Traffic(draw.events, draw.target_share, beats)
    try:
        lamp_w = lamp_watts(config)
        return assumed_station(draw.board, draw.link, mode, traffic, draw.measured(), lamp_w)
    except ValueError as error:
        listener.trouble(f"[power.draw] {error}: nothing is forecast from it")
        return None


def lamp_watts(config: StationConfig) -> float:
    """Of a lamp that burns with every burst: what was said of it, else what the lens's own draws,
    as if every burst were taken by night."""
    said_w = config.power.draw.lamp_w if config.power and config.power.draw else 0.0
    lamp = config.capture.light.lamp
    return said_w or (0.0 if lamp is None else lamp.watts)


def _model(config: PowerConfig, assumed: Assumed | None, spool: Spool) -> PowerModel:
    load_w = config.load_w or (_LOAD_W if assumed is None else assumed.load_w)
    terms = PowerTerms(
        Chemistry(config.chemistry), config.capacity_wh, config.cells, load_w, config.floor
    )
    return PowerModel(terms, spool.keepsake("power"), time.monotonic())
