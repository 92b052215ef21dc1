"""The links that the configuration names: each a stage on its own thread, all on one scheduler."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config_uplink import Lorawan, Satellite, Uplink
from edge.health.beats import Beats
from edge.health.clock import ClockState
from edge.health.runs import boot_id
from edge.health.stage import HeartbeatStage
from edge.listener import Listener
from edge.security.radio_key import RadioKeys
from edge.spool.spool import Spool
from edge.stages import Later
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.hearing import Hearing
from edge.uplink.modem_watch import MISSING_S, NO_MODEM, ModemWatch
from edge.uplink.radio.crops import crop_sender
from edge.uplink.schedule.energy import Power
from edge.uplink.schedule.snapshot import snapshot_path
from edge.wire.air.moment import Uptime
from edge.wire.sealing import Identity

if TYPE_CHECKING:
    from edge.uplink.cellular.stage import CellularStage
    from edge.uplink.radio.stage import RadioStage
    from edge.uplink.satellite import SatelliteStage
    from edge.uplink.stage import UplinkStage
    from edge.vision.eyes import Eyes


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the links need of the station. ``power`` tells of the battery, None on mains;
    ``uptime`` in which run of the machine this is, and since when; ``on_time`` takes what basecamp
    says of the time, ``on_cell_time`` what a cellular network does; ``eyes`` is what judges, once
    it is loaded."""

    spool: Spool
    spool_path: Path
    identity: Identity
    listener: Listener
    heartbeat: HeartbeatStage
    power: Callable[[], Power | None]
    clock: Callable[[], ClockState]
    uptime: Callable[[], Uptime]
    eyes: Callable[[], Eyes | None]
    memory_dir: Path | None
    on_time: Callable[[datetime], None] = lambda _: None
    on_cell_time: Callable[[datetime], None] = lambda _: None
    radio_beats: Beats | None = None
    """Holds back a radio heartbeat that was said in an earlier wake."""


class Links:
    """Makes the stages of all links that ``config`` names. Raises nothing: a stage that cannot be
    made says so on its own thread, and is tried again."""

    def __init__(self, config: Uplink, around: Surroundings) -> None:
        self._config, self._around = config, around
        shown_in = None
        if around.memory_dir is not None:
            shown_in = snapshot_path(around.memory_dir, around.spool_path)
        self._shown_in = shown_in
        self._dispatcher = Dispatcher(
            around.spool.queue, around.spool.keepsake("schedule"), around.power, shown_in
        )
        lorawan = config.lorawan
        has_crops = lorawan is not None and lorawan.crop_bytes > 0
        self._crops = crop_sender(around.spool) if has_crops else None
        # One for all links that carry sealed frames: basecamp's word may come by any of them.
        self._hearing = Hearing(
            around.spool,
            self._radio_keys(),
            self._dispatcher,
            around.listener,
            None if self._crops is None else self._crops.hear,
            on_time=around.on_time,
        )
        self._stopping = threading.Event()
        self._cellular: CellularStage | None = None
        self.watches: dict[str, ModemWatch] = {}
        """Whether the modem of each link is there, by the link's name; from any thread."""
        self.stages = list(self._named())

    def stop(self) -> None:
        """Nothing is waited for any more: what a modem is at is broken off, and goes on another
        time."""
        self._stopping.set()
        if self._cellular is not None:
            self._cellular.stop()

    def has_work(self, within_s: float) -> bool:
        """Whether anything that waits may go, or be answered, ``within_s``; from any thread."""
        return bool(self.stages) and self._dispatcher.has_work(within_s, len(self.stages))

    def counters(self) -> dict[str, int]:
        """What links count, for the heartbeat; from any thread."""
        return {} if self._cellular is None else self._cellular.counters()

    def close(self) -> None:
        """Once no stage runs any more: release them, and remember what was learnt. Raises SpoolFull
        and SpoolError where that cannot be saved; everything is released nevertheless."""
        with ExitStack() as ending:
            ending.callback(self._dispatcher.save)
            if self._shown_in is not None:
                # What was seen last is no longer so: `irbis queue` looks into the spool now.
                ending.callback(self._shown_in.unlink, missing_ok=True)
            for stage in self.stages:
                ending.callback(stage.close)

    def _named(self) -> list[Later]:
        config = self._config
        found = []
        if config.cellular is not None:
            found.append(Later("cellular", self._make_cellular))
            if config.cellular.apn is not None:  # else the network is somebody else's
                self._watched("cellular", NO_MODEM, MISSING_S)
        elif config.broker is not None:
            found.append(Later("mqtt", self._mqtt))
        if config.lorawan is not None:
            lorawan, watch = config.lorawan, self._watched("lorawan", "no-lorawan")
            found.append(Later("lorawan", lambda: self._lorawan(lorawan, watch)))
        if config.satellite is not None:
            satellite = config.satellite
            name = "notecard" if satellite.modem == "notecard" else "satellite"
            seen = self._watched(name, f"no-{name}")
            found.append(Later(satellite.modem, lambda: self._satellite(satellite, seen)))
        return found

    def _watched(self, name: str, alarm: str, lasting_s: float = 0.0) -> ModemWatch:
        watch = ModemWatch(alarm, self._around.spool.ledger, lasting_s, self._stopping)
        self.watches[name] = watch
        return watch

    def _mqtt(self) -> UplinkStage:
        # Deferred: the MQTT client takes as long to import as arming takes in all.
        from edge.uplink.broker import BrokerAddress, Credentials
        from edge.uplink.mqtt_link import MqttLink
        from edge.uplink.stage import UplinkStage

        config, around = self._config, self._around
        assert config.broker is not None
        link = MqttLink(
            BrokerAddress.parse(config.broker),
            Credentials(
                config.username,
                config.password_file,
                config.ca_file,
                lambda: around.clock().dates_hold,
            ),
            around.identity.station,
            around.identity.basecamp,
            around.listener.link,
            config.backoff_max_s,
        )
        return UplinkStage(
            around.spool,
            link,
            around.identity,
            around.listener,
            self._dispatcher,
            config.window,
            config.ack_timeout_s,
            lambda: around.heartbeat.unwritten,
        )

    def _make_cellular(self) -> CellularStage:
        from edge.uplink.cellular.build import make_cellular

        around = self._around
        self._cellular = make_cellular(
            self._config,
            around.spool,
            around.spool_path,
            around.identity,
            around.listener,
            self._dispatcher,
            around.clock,
            self._stopping,
            around.on_cell_time,
            self.watches.get("cellular"),
        )
        return self._cellular

    def _lorawan(self, config: Lorawan, watch: ModemWatch) -> RadioStage:
        from edge.uplink.radio.budget import AirBudget
        from edge.uplink.radio.duty import TTN_FAIR_USE
        from edge.uplink.radio.modems import open_modem
        from edge.uplink.radio.regions_tables import region
        from edge.uplink.radio.sayings import RadioTerms
        from edge.uplink.radio.stage import RadioStage

        around = self._around
        spool = around.spool
        air = AirBudget(
            region(config.region),
            spool.keepsake("air-budget"),
            boot_id(),
            TTN_FAIR_USE if config.fair_use else None,
        )
        return RadioStage(
            spool,
            lambda: open_modem(config, spool.keepsake("join-back-off"), self._stopping, air),
            air,
            self._hearing,
            self._dispatcher,
            around.listener,
            RadioTerms(
                self._radio_heartbeat, config.heartbeat_s, around.uptime, around.radio_beats
            ),
            self._crops,
            self._stopping,
            watch=watch,
        )

    def _satellite(self, config: Satellite, watch: ModemWatch) -> SatelliteStage:
        from edge.uplink.satellite import SatelliteStage
        from edge.uplink.satellite_modems import open_satellite, satellite_terms

        around = self._around
        return SatelliteStage(
            around.spool,
            lambda: open_satellite(config, self._stopping),
            self._hearing,
            self._radio_heartbeat,
            satellite_terms(config),
            around.listener,
            self._dispatcher,
            self._stopping,
            watch=watch,
        )

    def _radio_keys(self) -> RadioKeys:
        identity = self._around.identity
        return RadioKeys.of_station(identity.station, identity.key, identity.basecamp)

    def _radio_heartbeat(self) -> bytes:
        from edge.wire.air.heartbeat import condensed_heartbeat, encode_radio_heartbeat
        from edge.wire.air.roster import Roster

        heartbeat = self._around.heartbeat.read()
        eyes = self._around.eyes()
        catalogue = None if eyes is None else eyes.catalogue
        condensed = condensed_heartbeat(
            heartbeat,
            0,
            self._around.uptime(),
            None if eyes is None else dict(eyes.models),
            None if catalogue is None else Roster.of(catalogue.individuals),
        )
        return encode_radio_heartbeat(condensed)
