"""Safe mode: a station that only catches. It loads no models and opens no links itself.

What keeps a full station from lasting is unknown here, so as little as can be is started: the lens,
the spool, and, for that would cut the power otherwise, the controller's watchdog; and telemetry, a
look now and then at what the kernel tells of voltage, card and memory. All that is caught waits,
sealed, for the next full start to judge and send it. One heartbeat tells basecamp so, by a process
of its own (edge.calling).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edge.capture.source import BurstSource
from edge.catching import Catching
from edge.config import StationConfig
from edge.errors import IrbisError
from edge.health import patience
from edge.health.clock import system_clock
from edge.health.loops import Loops
from edge.listener import Listener
from edge.spool.errors import CardFailing
from edge.station import load_basecamp, load_identity

if TYPE_CHECKING:
    from edge.board import Board
    from edge.calling import CallingStage
    from edge.waking import WakingStage

ALARM = "safe-mode"
"""Stands while the station is in safe mode. Where no call reaches basecamp (edge.calling), the
counters of the next full start tell it."""
TIMES, SECONDS = "safe_modes", "safe_mode_s"
"""Counters: how often it was entered, and how long it lasted in all."""
_COUNT_EVERY_S = 60.0
"""A minute at most is not counted where the power goes."""


class SafeStation:
    """A station in safe mode, from arming to closing, as edge.station.Station is one in full.

    ``why`` is told in the alarm. Needs basecamp's key; without one of its own it does not call.
    Raises what Station raises.
    """

    def __init__(
        self,
        config: StationConfig,
        listener: Listener,
        why: str,
        source: BurstSource | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config, self._listener, self._now = config, listener, now
        self._board: Board | None = None
        made = self._catching = Catching(
            config,
            listener,
            load_basecamp(config),
            lambda: system_clock() if self._board is None else self._board.clock(),
            source,
        )
        self._lens, self.spool = made.lens, made.spool
        self._effort, self._capture = made.effort, made.capture
        self._waking: WakingStage | None = None
        self._calling: CallingStage | None = None
        self.loops = Loops(listener.trouble)
        self._why = why
        self._counted_s = now()

    def __enter__(self) -> Self:
        self.arm()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def arm(self) -> None:
        """Start catching, and the little else that there is."""
        self._lens.arm(self.loops.start, self.spool.ledger)
        silent_s = self._config.daemon.capture_silent_s
        self.loops.start("capture", self._capture.step, patience.capture(silent_s))
        self._listener.armed()
        self._listener.trouble(self._why)
        self._count({TIMES: 1})
        self.loops.start("safe-mode", self.tally, patience.STATUS)
        self.loops.start("effort", self._effort.step, patience.STATUS)
        self._start_board()
        self._start_telemetry()
        self._start_calling()

    def close(self) -> None:
        """Stop, and release everything."""
        self.loops.stop()
        self._lens.end(self._capture.step)
        with ExitStack() as ending:
            ending.callback(self._catching.close)
            if self._waking is not None and self._waking.ended:
                self._effort.ends_for = self._waking.ends_for
            if self._board is not None:
                for stage in self._board.stages:
                    ending.callback(stage.close)
            if self._calling is not None:
                ending.callback(self._calling.close)
            self._tally(0.0)

    @property
    def ended(self) -> bool:
        """Whether a station that its controller has woken has caught what woke it, and its power is
        about to go."""
        return self._waking is not None and self._waking.ended

    def test_shot(self) -> bool:
        """Have a burst taken, as if somebody had passed; whether there is a lens that can."""
        return self._lens.test_shot()

    def tally(self) -> bool:
        """Let the alarm stand, and count the minutes; a full card only puts that off."""
        self.spool.ledger.raise_alarm(ALARM, self._why)
        self._tally(_COUNT_EVERY_S)
        return False

    def _tally(self, least_s: float) -> None:
        passed_s = int(self._now() - self._counted_s)
        if passed_s >= max(least_s, 1.0):
            self._counted_s += passed_s
            self._count({SECONDS: passed_s})

    def _count(self, counts: dict[str, int]) -> None:
        try:
            self.spool.ledger.count(counts)
        except CardFailing:
            pass  # it has an alarm of its own
        except IrbisError as error:
            self._listener.trouble(f"safe mode is not counted: {error}")

    def _start_board(self) -> None:
        """Only for the controller's sake, and not at the price of a picture."""
        try:
            from edge.board import Board

            alive, sensed = self.loops.alive, self._lens.sensed
            board = Board(self._config, self.spool, self._listener, alive, sensed)
        except Exception as error:
            self._listener.trouble(f"safe mode goes on without a controller: {error!r}")
            return
        self._board = board
        self._lens.keep_time_by(board.clock)
        for stage in board.stages:
            self.loops.start(stage.name, stage.step)
        self._start_waking(board)

    def _start_waking(self, board: Board) -> None:
        """A woken station is switched off once it has caught: up for an hour in safe mode, it
        would be down for good by the next night."""
        power = self._config.power
        if power is None or power.mode != "woken" or board.switch is None:
            return
        from edge.cycle import Seen, Terms
        from edge.waking import NobodyJudges, OffTerms, WakingStage

        cycle, switch = power.cycle, board.switch
        self._effort.guard = switch.guard

        def look(at_s: float) -> Seen:
            return Seen(
                at_s,
                edges=board.pir_edges,
                bursts=self._capture.bursts,
                uncommitted=self._lens.busy or self._capture.holds_burst,
                refused=self._capture.is_refused,
                stormy=self._lens.rests_s > 0,
            )

        self._waking = WakingStage(
            Terms(cycle.most_s, None, cycle.lull_s, 0.0, cycle.burst_s, cycle.room_s),
            OffTerms(cycle.off_s, cycle.beat_s),
            look,
            switch.powered_s,
            switch,
            NobodyJudges(),
            board.clock,
            self.spool.ledger,
            self._listener,
            storm_s=lambda: self._lens.rests_s,
        )
        self.loops.start("waking", self._waking.step)

    def _start_telemetry(self) -> None:
        """A sagging supply, a worn card or want of memory may be why it does not last: an alarm for
        the technician, and for the heartbeat of the next full start."""
        from edge.health.telemetry import TelemetryStage

        stage = TelemetryStage(self._config.spool.path, self.spool.ledger, self._listener)
        self.loops.start("telemetry", stage.step)

    def _start_calling(self) -> None:
        """One heartbeat, where a network without a bill is always there. A station that is woken
        is switched off sooner."""
        uplink, power = self._config.uplink, self._config.power
        if uplink.broker is None or uplink.cellular is not None:
            return
        if power is not None and power.mode == "woken":
            return
        try:
            from edge.calling import CallingStage
            from edge.health.stage import HeartbeatStage
            from edge.safe_call import Message

            identity = load_identity(self._config)
            board = self._board
            clock = system_clock if board is None else board.clock
            heartbeat = HeartbeatStage(
                self.spool, identity, uplink.heartbeat_s, self._effort.counters, clock=clock
            )
        except Exception as error:
            self._listener.trouble(f"safe mode tells basecamp nothing: {error}")
            return

        def message() -> Message:
            item = heartbeat.sealed()
            return Message(
                identity.station,
                str(identity.basecamp),
                str(uplink.broker),
                uplink.username,
                _text(uplink.password_file),
                _text(uplink.ca_file),
                clock().dates_hold,
                item.item_id.hex(),
                (item.payload or b"").hex(),
            )

        self._calling = CallingStage(message, self._listener)
        self.loops.start("call", self._calling.step, patience.STATUS)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
