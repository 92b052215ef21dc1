"""The composition root: configuration in, running station out. Only this file knows every part."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Self

from edge.alarms import forget_others
from edge.capture.source import BurstSource
from edge.catching import Catching
from edge.config import StationConfig
from edge.errors import ConfigError, IrbisError, NotArmed
from edge.health import patience
from edge.health.clock import system_clock
from edge.health.loops import Loops
from edge.health.progress import Patience
from edge.health.root import on_trial
from edge.listener import Listener
from edge.security.errors import KeyFileError
from edge.security.keys import BasecampToken, StationKey
from edge.spool.errors import SpoolError, SpoolFull
from edge.triage.glances import Glances
from edge.wire.sealing import Identity

if TYPE_CHECKING:
    from edge.board import Board
    from edge.health.selftest_stage import SelftestStage
    from edge.health.stage import HeartbeatStage
    from edge.health.telemetry import TelemetryStage
    from edge.links import Links
    from edge.stages import Later
    from edge.triage.stage import TriageStage
    from edge.triage.telling import Telling
    from edge.vision.eyes import Eyes
    from edge.waking import WakingStage
    from edge.woken import Woken


class Station:
    """A station, from arming to closing. Use it as a context manager: entering arms it.

    ``source`` replaces the configured camera; ``max_waiting`` holds a source that can wait while
    that many bursts are unjudged. For ``speak_first_s`` after arming no model is loaded, so that
    its alarms are out before what may kill it.

    Raises NotArmed when a key is missing, ConfigError or KeyFileError for what cannot be used,
    SpoolBusy when another process holds the spool.
    """

    def __init__(
        self,
        config: StationConfig,
        listener: Listener,
        source: BurstSource | None = None,
        max_waiting: int | None = None,
        speak_first_s: float = 0.0,
    ) -> None:
        self._config = config
        self._speak_first_s = speak_first_s
        self._listener = listener
        self._identity = load_identity(config)
        self._board: Board | None = None
        made = self._catching = Catching(
            config,
            listener,
            self._identity.basecamp,
            lambda: system_clock() if self._board is None else self._board.clock(),
            source,
            max_waiting,
        )
        self.lens, self.spool = made.lens, made.spool
        self._effort, self._capture = made.effort, made.capture
        self._glances = Glances()
        self.lens.show_glances(self._glances.put)
        self._heartbeat: HeartbeatStage | None = None
        self._telemetry: TelemetryStage | None = None
        self._links: Links | None = None
        self._waking: WakingStage | None = None
        self._woken: Woken | None = None
        self._selftest: SelftestStage | None = None
        self._on_trial = on_trial()
        self.loops = Loops(listener.trouble)

    def __enter__(self) -> Self:
        self.arm()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def arm(self) -> None:
        """Start catching, and only then load the rest: the sensor must not wait for it."""
        self.lens.arm(self._start, self.spool.ledger)
        capture_silent_s = self._config.daemon.capture_silent_s
        self._start("capture", self._capture.step, patience.capture(capture_silent_s))
        self._listener.armed()
        self._start("effort", self._effort.step, patience.STATUS)
        board = self._board = self._make_board()
        self.lens.keep_time_by(board.clock)
        self.lens.look_again_while(lambda: board.policy().second_looks)
        self._woken = self._make_woken(board)
        triage = self._make_triage(board)
        judge = self._once_spoken(triage.step)
        self._start("triage", judge, patience.triage(self._config.triage.timeout_s))
        self._heartbeat = self._make_heartbeat(board)
        if self._config.uplink.broker is not None:
            self._start("heartbeat", self._heartbeat.step)
        self._links = self._make_links(board, triage, self._heartbeat)
        telemetry, selftest = self._self_care(board, triage)
        for stage in (*board.stages, *self._links.stages, telemetry):
            self._start(stage.name, stage.step)
        self._start(selftest.name, self._once_spoken(selftest.step))
        with suppress(SpoolError, SpoolFull):  # an alarm too many is no reason to end
            forget_others(self._config, self.spool.ledger)
        if self._woken is not None:
            self._waking = self._make_waking(board, triage, self._links, self._woken)
            self._start("waking", self._waking.step)

    def close(self) -> None:
        """Stop all stages, each after its present step, and release everything."""
        self.lens.leave()
        if self._links is not None:
            self._links.stop()
        self.loops.stop()
        self.lens.end(self._capture.step)
        with ExitStack() as ending:
            ending.callback(self._catching.close)
            if self._waking is not None and self._waking.ended:
                self._effort.ends_for = self._waking.ends_for
            if self._links is not None:
                # What is forgotten is sent once more.
                ending.enter_context(suppress(SpoolError, SpoolFull))
                ending.callback(self._links.close)
            if self._board is not None:
                for stage in self._board.stages:
                    ending.callback(stage.close)

    @property
    def failure(self) -> IrbisError | None:
        """What ended a stage for good. A new process mends it: it sets a damaged database aside."""
        return self.loops.failure

    @property
    def ended(self) -> bool:
        """Whether a station that its controller has woken is done, and its power about to go."""
        return self._waking is not None and self._waking.ended

    @property
    def all_judged(self) -> bool:
        """Whether the source is exhausted and every burst settled."""
        return self._capture.finished and not self.spool.unjudged()

    def test_shot(self) -> bool:
        """Have a burst taken, as if somebody had passed; whether there is a lens that can."""
        return self.lens.test_shot()

    def beat(self) -> None:
        """Queue a heartbeat now, once armed."""
        if self._heartbeat is not None:
            self._heartbeat.beat()

    def _start(self, name: str, step: Callable[[], bool], patience: Patience | None = None) -> None:
        self.loops.start(name, step, patience)

    def _once_spoken(self, step: Callable[[], bool]) -> Callable[[], bool]:
        from_s = time.monotonic() + self._speak_first_s
        return lambda: time.monotonic() >= from_s and step()

    def _make_board(self) -> Board:
        from edge.board import Board

        alive, sensed = self.loops.alive, self.lens.sensed
        return Board(self._config, self.spool, self._listener, alive, sensed)

    def _make_triage(self, board: Board) -> TriageStage:
        from edge.health.elapsed import Elapsed
        from edge.health.lens_watch import LensWatch
        from edge.triage.attempts import Attempts
        from edge.triage.stage import TriageStage

        return TriageStage(
            self.spool,
            self._open_eyes,
            self._config.triage,
            self._identity,
            Attempts(self._catching.memory_dir, self.spool.name),
            self._listener,
            board.vitals,
            self._config.uplink.descriptor_max_bytes,
            self._telling(board),
            restraint=board.restraint,
            since_boot=board.clock_log.since_boot,
            onlooker=LensWatch(
                self.spool.keepsake(f"lens-{self._config.capture.camera}"),
                self.spool.ledger,
                self._listener,
                Elapsed(board.clock),
            ),
            glances=self._glances,
        )

    def _telling(self, board: Board) -> Telling | None:
        """How to tell news in a packet, where a link carries packets."""
        from edge.triage.telling import Telling

        uplink, uptime_of = self._config.uplink, board.clock_log.uptime_of
        if uplink.lorawan is not None:
            return Telling(uptime_of, uplink.lorawan.crop_bytes)
        return None if uplink.satellite is None else Telling(uptime_of)

    def _make_heartbeat(self, board: Board) -> HeartbeatStage:
        from edge.health.stage import HeartbeatStage

        return HeartbeatStage(
            self.spool,
            self._identity,
            self._config.uplink.heartbeat_s,
            self._counters,
            board.vitals,
            board.clock,
            None if self._woken is None else self._woken.heartbeats,
        )

    def _make_woken(self, board: Board) -> Woken | None:
        """None for a station that is always armed."""
        power = self._config.power
        if power is None or power.mode != "woken" or board.switch is None:
            return None
        from edge.woken import Woken

        return Woken(self._config, power.cycle, board, board.switch, self.spool)

    def _counters(self) -> dict[str, int]:
        """What board and links count, once they are there, and how long the station watched."""
        return {
            **self.lens.counters(),
            **self._effort.counters(),
            **({} if self._telemetry is None else self._telemetry.counters()),
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
            memory_dir=self._catching.memory_dir,
            on_time=board.clock_log.not_before,
            on_cell_time=board.heard_clock.cell,
            radio_beats=None if self._woken is None else self._woken.radio_heartbeats,
        )
        return Links(self._config.uplink, around)

    def _self_care(self, board: Board, triage: TriageStage) -> tuple[Later, Later]:
        """What looks after the station itself, once it is armed."""
        from edge.health.telemetry import TelemetryStage
        from edge.stages import Later

        telemetry = self._telemetry = TelemetryStage(
            self._config.spool.path, self.spool.ledger, self._listener
        )

        def selftest() -> SelftestStage:
            from edge.health.selftest_here import selftest_here

            made = self._selftest = selftest_here(
                self._config,
                self._identity,
                self.spool,
                self._listener,
                board.clock,
                self.lens.looking,
                {} if self._links is None else self._links.watches,
                triage.between_bursts,
                # On trial each wake has to show that it is well.
                None if self._woken is None or self._on_trial else self._woken.selftests,
            )
            return made

        return Later("telemetry", lambda: telemetry), Later("selftest", selftest)

    def _make_waking(
        self, board: Board, triage: TriageStage, links: Links, woken: Woken
    ) -> WakingStage:
        """What ends a station that is woken for each event."""
        from edge.cycle import Seen

        self._effort.guard = woken.switch.guard
        speak_s = woken.cycle.speak_s

        def look(at_s: float) -> Seen:
            return Seen(
                at_s,
                edges=board.pir_edges,
                bursts=self._capture.bursts,
                uncommitted=self.lens.busy or self._capture.holds_burst,  # as a burst goes
                refused=self._capture.is_refused,
                unjudged=self.spool.unjudged(),
                to_say=lambda: links.has_work(speak_s),
                looks_again=self.lens.looks_again or self._proves_itself(),
                stormy=self.lens.rests_s > 0,
            )

        return woken.stage(look, triage, self._listener, lambda: self.lens.rests_s)

    def _proves_itself(self) -> bool:
        """Whether an update is on trial, and the self-test has yet to say how it is."""
        selftest = self._selftest
        return self._on_trial and (selftest is None or not selftest.is_told)

    def _open_eyes(self) -> Eyes:
        from edge.triage.known import with_catalogue
        from edge.vision.eyes import open_eyes

        policy = self._config.triage
        return with_catalogue(open_eyes(policy), policy.catalogue, self._identity.basecamp)


def load_basecamp(config: StationConfig) -> BasecampToken:
    """Basecamp's public key, without which nothing is caught. Raises NotArmed, ConfigError."""
    station = config.station
    if station.basecamp is None:
        raise NotArmed(
            f"station {station.id} does not arm: it has no basecamp key to seal pictures to."
            " At basecamp run `irbis basecamp init --data DIR` and put the token it prints into"
            ' the configuration: [station] basecamp = "irbis-basecamp-1:..."'
        )
    try:
        return BasecampToken.parse(station.basecamp)
    except KeyFileError as error:
        raise ConfigError(f"[station] basecamp: {error}") from error


def load_identity(config: StationConfig) -> Identity:
    """The station's keys. Raises NotArmed with the command that makes what is missing."""
    station = config.station
    token = load_basecamp(config)
    if station.key_file is None or not station.key_file.exists():
        where = station.key_file or "station.key"
        raise NotArmed(
            f"station {station.id} does not arm: it has no key of its own. Run"
            f" `irbis keys station --out {where}` and name the file in the configuration:"
            " [station] key_file"
        )
    return Identity(station.id, StationKey.load(station.key_file), token)
