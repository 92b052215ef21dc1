"""A station that its controller wakes for each event: what it remembers over its sleep, and how its
cycle ends."""

from __future__ import annotations

from collections.abc import Callable

from edge.board import Board
from edge.config import StationConfig
from edge.config_power import Cycle
from edge.cycle import Phase, Seen, Terms
from edge.health.beats import Beats
from edge.health.controller import ControllerStage
from edge.health.elapsed import Elapsed
from edge.health.selftest_stage import EVERY_S
from edge.listener import Listener
from edge.spool.spool import Spool
from edge.waking import LOADING_S, Judging, OffTerms, WakingStage


class Woken:
    """What ``board``, whose power ``switch`` takes, adds to a station of mode *woken*.

    ``heartbeats``, ``radio_heartbeats`` and ``selftests`` remember when each was last: every wake
    is a start of everything, and few are worth one.
    """

    def __init__(
        self,
        config: StationConfig,
        cycle: Cycle,
        board: Board,
        switch: ControllerStage,
        spool: Spool,
    ) -> None:
        self.cycle, self.switch = cycle, switch
        self._config, self._board, self._spool = config, board, spool
        self.heartbeats = self._beats("heartbeat-said", cycle.beat_s)
        self.radio_heartbeats = self._beats("radio-heartbeat-said", cycle.beat_s)
        self.selftests = self._beats("selftest-done", EVERY_S)

    def beat_in_s(self) -> float:
        """Until the next sign of life is owed, over a link that there is."""
        uplink = self._config.uplink
        owed = []
        if uplink.broker is not None:
            owed.append(self.heartbeats.due_in_s())
        if uplink.lorawan is not None:
            owed.append(self.radio_heartbeats.due_in_s())
        return min(owed, default=0.0)

    def stage(
        self,
        look: Callable[[float], Seen],
        judging: Judging,
        listener: Listener,
        storm_s: Callable[[], float],
    ) -> WakingStage:
        """What ends the cycle. ``storm_s`` as in WakingStage."""
        cycle, board = self.cycle, self._board

        def watts(phase: Phase) -> float:
            return 0.0 if board.assumed is None else board.assumed.phase_watts(phase.value)

        return WakingStage(
            Terms(
                cycle.most_s,
                cycle.most_j,
                cycle.lull_s,
                cycle.speak_s,
                cycle.burst_s,
                cycle.room_s,
            ),
            OffTerms(cycle.off_s, cycle.beat_s, self._config.triage.timeout_s + LOADING_S),
            look,
            self.switch.powered_s,
            self.switch,
            judging,
            board.clock,
            self._spool.ledger,
            listener,
            watts,
            self.beat_in_s,
            storm_s=storm_s,
        )

    def _beats(self, name: str, every_s: float) -> Beats:
        return Beats(self._spool.keepsake(name), Elapsed(self._board.clock), every_s)
