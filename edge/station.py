"""The composition root: configuration in, running station out. Only this file knows every part."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from edge.capture.folder import FolderSource
from edge.capture.source import BurstSource
from edge.capture.stage import CaptureStage
from edge.config import StationConfig
from edge.errors import ConfigError, IrbisError, NotArmed
from edge.listener import Listener
from edge.security.bootkey import find_memory_dir
from edge.security.errors import KeyFileError
from edge.security.keys import BasecampToken, StationKey
from edge.spool.errors import SpoolDamaged
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.wire.sealing import Identity
from edge.worker import Worker

if TYPE_CHECKING:
    from edge.health.stage import HeartbeatStage
    from edge.triage.stage import TriageStage
    from edge.uplink.radio.stage import RadioStage
    from edge.uplink.stage import UplinkStage
    from edge.vision.eyes import Eyes
    from edge.wire.air.moment import Uptime


class Station:
    """A station, from arming to closing. Use it as a context manager: entering arms it.

    ``source`` replaces the configured camera; ``max_waiting`` holds a source that can wait while
    that many bursts are unjudged.

    Raises NotArmed when a key is missing, ConfigError or KeyFileError for what cannot be used,
    SpoolBusy when another process holds the spool.
    """

    def __init__(
        self,
        config: StationConfig,
        listener: Listener,
        source: BurstSource | None = None,
        max_waiting: int | None = None,
    ) -> None:
        self._config = config
        self._listener = listener
        self._identity = load_identity(config)
        self._source = source or open_source(config)
        self._memory_dir = find_memory_dir(os.environ)
        self.spool = Spool(
            config.spool.path,
            self._identity.basecamp.seal,
            Budget(config.spool.max_bytes, config.spool.min_free_bytes),
            self._memory_dir,
            config.spool.remembered_bursts,
        )
        self._capture = CaptureStage(self._source, self.spool, listener, max_waiting)
        self._heartbeat: HeartbeatStage | None = None
        self._uplink: UplinkStage | None = None
        self._radio: RadioStage | None = None
        self._workers: list[Worker] = []
        self.failure: IrbisError | None = None
        """What ended a stage for good. A new process mends it: it sets a damaged database aside."""

    def __enter__(self) -> Self:
        self.arm()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def arm(self) -> None:
        """Start catching, and only then load the rest: the sensor must not wait for it."""
        self._start("capture", self._capture.step)
        self._listener.armed()
        self._start("triage", self._make_triage().step)
        self._heartbeat = self._make_heartbeat()
        if self._config.uplink.broker is not None:
            self._start("heartbeat", self._heartbeat.step)
            self._start("uplink", self._uplink_step)
        if self._config.uplink.lorawan is not None:
            self._start("radio", self._radio_step)

    def close(self) -> None:
        """Stop all stages, each after its present step, and release everything."""
        for worker in self._workers:
            worker.stop()
        if self._uplink is not None:
            self._uplink.close()
        if self._radio is not None:
            self._radio.close()
        self._source.close()
        self.spool.close()

    @property
    def all_judged(self) -> bool:
        """Whether the source is exhausted and every burst settled."""
        return self._capture.finished and not self.spool.unjudged()

    def beat(self) -> None:
        """Queue a heartbeat now, once armed."""
        if self._heartbeat is not None:
            self._heartbeat.beat()

    def _start(self, name: str, step: Callable[[], bool]) -> None:
        worker = Worker(name, step, self._listener.trouble, (SpoolDamaged,), self._fail)
        self._workers.append(worker)
        worker.start()

    def _fail(self, error: IrbisError) -> None:
        self.failure = self.failure or error

    def _make_triage(self) -> TriageStage:
        from edge.health.vitals import read_vitals
        from edge.triage.attempts import Attempts
        from edge.triage.stage import TriageStage
        from edge.triage.telling import Telling

        return TriageStage(
            self.spool,
            self._open_eyes,
            self._config.triage,
            self._identity,
            Attempts(self._memory_dir, self.spool.name),
            self._listener,
            read_vitals,
            self._config.uplink.descriptor_max_bytes,
            None if self._config.uplink.lorawan is None else Telling(self._uptime_at),
        )

    def _make_heartbeat(self) -> HeartbeatStage:
        from edge.health.stage import HeartbeatStage

        return HeartbeatStage(self.spool, self._identity, self._config.uplink.heartbeat_s)

    def _open_eyes(self) -> Eyes:
        from edge.triage.known import with_catalogue
        from edge.vision.eyes import open_eyes

        policy = self._config.triage
        return with_catalogue(open_eyes(policy), policy.catalogue, self._identity.basecamp)

    def _uptime(self) -> Uptime:
        from edge.health.runs import boot_id, count_boot, uptime_s
        from edge.wire.air.moment import Uptime

        return Uptime(count_boot(self.spool.keepsake("boots"), boot_id()), uptime_s())

    def _uptime_at(self, at: datetime) -> Uptime | None:
        now = self._uptime()
        seconds = now.seconds - int((datetime.now(UTC) - at).total_seconds())
        return replace(now, seconds=seconds) if seconds >= 0 else None

    def _radio_step(self) -> bool:
        if self._radio is None:
            self._radio = self._make_radio()
        return self._radio.step()

    def _make_radio(self) -> RadioStage:
        from edge.health.runs import boot_id
        from edge.security.radio_key import RadioKeys
        from edge.uplink.radio.budget import AirBudget
        from edge.uplink.radio.duty import TTN_FAIR_USE
        from edge.uplink.radio.modems import open_modem
        from edge.uplink.radio.regions_tables import region
        from edge.uplink.radio.stage import RadioStage
        from edge.wire.air.heartbeat import condensed_heartbeat, encode_radio_heartbeat

        radio, identity = self._config.uplink.lorawan, self._identity
        assert radio is not None and self._heartbeat is not None
        heartbeat = self._heartbeat
        return RadioStage(
            self.spool,
            lambda: open_modem(radio, self.spool.keepsake("join-back-off")),
            RadioKeys.of_station(identity.station, identity.key, identity.basecamp),
            AirBudget(
                region(radio.region),
                self.spool.keepsake("air-budget"),
                boot_id(),
                TTN_FAIR_USE if radio.fair_use else None,
            ),
            self._listener,
            lambda: encode_radio_heartbeat(
                condensed_heartbeat(heartbeat.read(), 0, self._uptime())
            ),
            radio.heartbeat_s,
            self._uptime,
        )

    def _uplink_step(self) -> bool:
        if self._uplink is None:
            self._uplink = self._make_uplink()
        return self._uplink.step()

    def _make_uplink(self) -> UplinkStage:
        # Deferred: the MQTT client takes as long to import as arming takes in all.
        from edge.uplink.broker import BrokerAddress, Credentials
        from edge.uplink.mqtt_link import MqttLink
        from edge.uplink.stage import UplinkStage

        uplink = self._config.uplink
        assert uplink.broker is not None
        link = MqttLink(
            BrokerAddress.parse(uplink.broker),
            Credentials(uplink.username, uplink.password_file, uplink.ca_file),
            self._identity.station,
            self._identity.basecamp,
            self._listener.link,
            uplink.backoff_max_s,
        )
        return UplinkStage(
            self.spool,
            link,
            self._identity,
            self._listener,
            uplink.window,
            uplink.ack_timeout_s,
        )


def load_identity(config: StationConfig) -> Identity:
    """The station's keys. Raises NotArmed with the command that makes what is missing."""
    station = config.station
    if station.basecamp is None:
        raise NotArmed(
            f"station {station.id} does not arm: it has no basecamp key to seal pictures to."
            " At basecamp run `irbis basecamp init --data DIR` and put the token it prints into"
            ' the configuration: [station] basecamp = "irbis-basecamp-1:..."'
        )
    if station.key_file is None or not station.key_file.exists():
        where = station.key_file or "station.key"
        raise NotArmed(
            f"station {station.id} does not arm: it has no key of its own. Run"
            f" `irbis keys station --out {where}` and name the file in the configuration:"
            " [station] key_file"
        )
    try:
        token = BasecampToken.parse(station.basecamp)
    except KeyFileError as error:
        raise ConfigError(f"[station] basecamp: {error}") from error
    return Identity(station.id, StationKey.load(station.key_file), token)


def open_source(config: StationConfig) -> BurstSource:
    """The configured camera. Raises ConfigError."""
    capture = config.capture
    if capture.path is None:
        raise ConfigError("[capture] path: name the folder to watch")
    if not capture.path.is_dir():
        raise ConfigError(f"[capture] path: {capture.path} is not a folder; make it first")
    return FolderSource(capture.path, capture.settle_s, capture.poll_s, capture.consume)
