"""The composition root: configuration in, running station out. Only this file knows every part."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
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
from edge.spool.errors import SpoolDamaged, SpoolError, SpoolFull
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.wire.sealing import Identity
from edge.worker import Worker

if TYPE_CHECKING:
    from edge.board import Board
    from edge.health.stage import HeartbeatStage
    from edge.links import Links
    from edge.triage.stage import TriageStage
    from edge.triage.telling import Telling
    from edge.vision.eyes import Eyes


_MOST_SILENT_S = {"capture": 300.0, "triage": 1800.0}
"""A step of a stage that takes longer hangs: a controller's watchdog may then take the power."""


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
        self._links: Links | None = None
        self._board: Board | None = None
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
        board = self._board = self._make_board()
        triage = self._make_triage(board)
        self._start("triage", triage.step)
        self._heartbeat = self._make_heartbeat(board)
        if self._config.uplink.broker is not None:
            self._start("heartbeat", self._heartbeat.step)
        self._links = self._make_links(board, triage, self._heartbeat)
        for stage in (*board.stages, *self._links.stages):
            self._start(stage.name, stage.step)

    def close(self) -> None:
        """Stop all stages, each after its present step, and release everything."""
        if self._links is not None:
            self._links.stop()
        for worker in self._workers:
            worker.stop()
        with ExitStack() as ending:
            ending.callback(self.spool.close)
            ending.callback(self._source.close)
            if self._links is not None:
                # What is forgotten is sent once more.
                ending.enter_context(suppress(SpoolError, SpoolFull))
                ending.callback(self._links.close)
            if self._board is not None:
                for stage in self._board.stages:
                    ending.callback(stage.close)

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

    def _alive(self) -> bool:
        """Whether the station still catches and judges: what a watchdog is told."""
        silent_s = {worker.name: worker.silent_s for worker in self._workers}
        return self.failure is None and all(
            silent_s.get(name, 0.0) < most_s for name, most_s in _MOST_SILENT_S.items()
        )

    def _make_board(self) -> Board:
        from edge.board import Board

        return Board(self._config, self.spool, self._listener, self._alive)

    def _make_triage(self, board: Board) -> TriageStage:
        from edge.triage.attempts import Attempts
        from edge.triage.stage import TriageStage

        return TriageStage(
            self.spool,
            self._open_eyes,
            self._config.triage,
            self._identity,
            Attempts(self._memory_dir, self.spool.name),
            self._listener,
            board.vitals,
            self._config.uplink.descriptor_max_bytes,
            self._telling(),
        )

    def _telling(self) -> Telling | None:
        """How to tell news in a packet, where a link carries packets."""
        from edge.health.uptime import Uptimes
        from edge.triage.telling import Telling

        uplink, uptimes = self._config.uplink, Uptimes(self.spool)
        if uplink.lorawan is not None:
            return Telling(uptimes.at, uplink.lorawan.crop_bytes)
        return None if uplink.satellite is None else Telling(uptimes.at)

    def _make_heartbeat(self, board: Board) -> HeartbeatStage:
        from edge.health.stage import HeartbeatStage

        return HeartbeatStage(
            self.spool,
            self._identity,
            self._config.uplink.heartbeat_s,
            self._counters,
            board.vitals,
            board.clock,
        )

    def _counters(self) -> dict[str, int]:
        """What board and links count, once they are there."""
        return {
            **({} if self._links is None else self._links.counters()),
            **({} if self._board is None else self._board.counters()),
        }

    def _make_links(self, board: Board, triage: TriageStage, heartbeat: HeartbeatStage) -> Links:
        from edge.health.uptime import Uptimes
        from edge.links import Links, Surroundings

        around = Surroundings(
            spool=self.spool,
            spool_path=self._config.spool.path,
            identity=self._identity,
            listener=self._listener,
            heartbeat=heartbeat,
            power=board.power,
            clock=board.clock,
            uptime=Uptimes(self.spool).now,
            eyes=lambda: triage.eyes,
            memory_dir=self._memory_dir,
        )
        return Links(self._config.uplink, around)

    def _open_eyes(self) -> Eyes:
        from edge.triage.known import with_catalogue
        from edge.vision.eyes import open_eyes

        policy = self._config.triage
        return with_catalogue(open_eyes(policy), policy.catalogue, self._identity.basecamp)


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
