"""Drives the cycle of a station that its controller has woken, and has the power taken at its end.

Judging rests once the budget is over, or all is done: the burst that it has in hand is finished. It
goes on while the card has no room for a picture: what it finds blank makes some.
Then the controller is asked to take the power, then told to keep its events to itself, and only
when none came meanwhile does the station end. An edge that it keeps wakes the station anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from edge.cycle import Cycle, Phase, Seen, Terms, advance
from edge.health.clock import ClockState
from edge.health.controller_orders import NoController
from edge.health.effort_lines import ASLEEP, STORM
from edge.listener import Listener
from edge.records import ClockQuality
from edge.spool.errors import CardFailing, SpoolFull
from edge.spool.ledger import Ledger

LOOK_S = 0.25
RETRY_S = 30.0
"""A controller that cannot be reached is asked again; the station stays up, and catches."""
LOADING_S = 60.0
"""Of the models, from a slow card, before the first burst is judged."""
_LEAST_ASLEEP_S = 60.0
LINGER_S = 1.0
"""Between the order to take the power and the last look for an edge."""


class PowerSwitch(Protocol):
    """The controller, as far as it has the power."""

    def power_off(self, after_s: int, wake_at: datetime | None, on_pir: bool) -> None: ...

    def call_off_power_off(self) -> None: ...

    def hold_events(self, held: bool) -> None: ...


class Judging(Protocol):
    """What judges, as far as it can be made to rest."""

    def hold(self, held: bool) -> None: ...

    @property
    def busy(self) -> bool: ...


class NobodyJudges:
    """Where nothing is judged: in safe mode."""

    busy = False

    def hold(self, held: bool) -> None:
        """Nothing is to be held."""


@dataclass(frozen=True, slots=True)
class OffTerms:
    """The power goes ``after_s`` after the order; without an event it is back in ``beat_s``. The
    burst that is being judged is waited for ``judge_s`` at most, over any budget."""

    after_s: int = 30
    beat_s: float = 86_400.0
    judge_s: float = 180.0


class WakingStage:
    """One cycle, from the station's arming to ``ended``; a stage.

    ``look`` tells how it is, apart from the time; ``powered_s`` for how long power has been there,
    None where the controller has not said so yet. ``watts`` is what each phase takes, ``beat_in_s``
    when the next sign of life is owed, 0 where nobody knows. ``storm_s`` is for how long nothing
    that fires would get a burst: so long the station sleeps without its motion sensor, where there
    is a clock to wake it.
    """

    def __init__(
        self,
        terms: Terms,
        off: OffTerms,
        look: Callable[[float], Seen],
        powered_s: Callable[[], float | None],
        switch: PowerSwitch,
        judging: Judging,
        clock: Callable[[], ClockState],
        ledger: Ledger,
        listener: Listener,
        watts: Callable[[Phase], float] = lambda _: 0.0,
        beat_in_s: Callable[[], float] = lambda: 0.0,
        now: Callable[[], float] = time.monotonic,
        storm_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._beat_in_s, self._storm_s = beat_in_s, storm_s
        self._terms, self._off, self._look, self._powered_s = terms, off, look, powered_s
        self._switch, self._judging, self._clock = switch, judging, clock
        self._listener, self._watts, self._now = listener, watts, now
        self._ledger = ledger
        self._began_s = now()
        self._is_ordered = False
        self._may_go, self._may_hold = True, False
        """What may be in force at the controller: an answer may have been lost, and a process that
        died after its order would leave the power to be taken from under this one."""
        self._quiet_until_s = self._due_s = now()
        self._rested_by_s: float | None = None
        """Judging was told to rest, and is waited for until then."""
        self.cycle = Cycle()
        self._may_rest = self._gives_up = False
        self.ended = False
        """Whether all is done that the budget allows, and the controller takes the power."""
        self.ends_for = ASLEEP
        """What the effort log calls the time until it is woken."""

    def step(self) -> bool:
        """Look, and do what the phase asks for; whether the phase changed.

        Raises NoController where that is not there; the station then stays up.
        """
        now_s = self._now()
        if self.ended or now_s < self._due_s:
            return False
        self._due_s = now_s + LOOK_S
        before = self.cycle.phase
        self.cycle = self._advanced()
        phase = self.cycle.phase
        if phase is not before:
            self._listener.cycle(phase.value)
        if self._may_rest and (self._is_ordered or now_s >= self._quiet_until_s):
            self._rests()
        if phase is not Phase.OFF:
            self._stay_up()
        elif now_s >= self._quiet_until_s:
            self._go()
        return phase is not before

    def close(self) -> None:
        """Nothing is held open."""

    def _advanced(self) -> Cycle:
        powered_s = self._powered_s()
        at_s = self._now() - self._began_s if powered_s is None else powered_s
        seen = self._look(at_s)
        cycle = advance(self.cycle, seen, self._terms, self._watts)
        self._gives_up = cycle.gives_up(seen, self._terms)
        self._may_rest = cycle.is_over and (self._gives_up or not seen.refused)
        return cycle

    def _go(self) -> None:
        """Have the power taken, unless something moves."""
        try:
            if not self._is_ordered:
                if self._rests():
                    self._have_ordered()
                return
            self._may_hold = True
            self._switch.hold_events(True)
        except NoController:
            self._let_judge()  # it stays up for nobody knows how long
            raise
        self.cycle = self._advanced()
        if self.cycle.phase is not Phase.OFF:
            self._listener.cycle(self.cycle.phase.value)
            self._stay_up()
            return
        self._account()
        self.ended = True

    def _have_ordered(self) -> None:
        self._quiet_until_s = self._now() + RETRY_S  # if the order fails
        self._may_go = True
        self._order()
        self._is_ordered = True
        self._quiet_until_s = self._now() + LINGER_S

    def _rests(self) -> bool:
        """Have judging rest; whether it does, or was waited for long enough. In a storm it is not
        waited for anew with every edge."""
        if self._rested_by_s is None:
            self._judging.hold(True)
            self._rested_by_s = self._now() + self._off.judge_s
        return self._now() >= self._rested_by_s or not self._judging.busy

    def _let_judge(self) -> None:
        self._judging.hold(False)
        self._rested_by_s = None

    def _order(self) -> None:
        clock, storm_s, asleep_s = self._clock(), self._storm_s(), self._asleep_s()
        if storm_s > 0:
            asleep_s = min(asleep_s, max(_LEAST_ASLEEP_S, storm_s))
        self.ends_for = ASLEEP
        if clock.quality is ClockQuality.UNSET:
            self._switch.power_off(self._off.after_s, None, on_pir=True)
            return
        try:
            wake_at = clock.now() + timedelta(seconds=asleep_s)
            self._switch.power_off(self._off.after_s, wake_at, on_pir=storm_s <= 0)
            self.ends_for = STORM if storm_s > 0 else ASLEEP
        except NoController:
            # Its own clock may not be set: then it is the motion sensor alone that wakes us.
            self._switch.power_off(self._off.after_s, None, on_pir=True)

    def _asleep_s(self) -> float:
        """Until a wake without an event. One that could not be said is no reason to wake sooner."""
        owed_s = self._beat_in_s()
        return max(_LEAST_ASLEEP_S, owed_s) if 0 < owed_s < self._off.beat_s else self._off.beat_s

    def _stay_up(self) -> None:
        if not self._may_rest and self._rested_by_s is not None:
            self._let_judge()
        if self._is_ordered:
            self._is_ordered = False  # from now on it is to be given anew
            self._quiet_until_s = self._now()
        if self._may_go:
            self._switch.call_off_power_off()
            self._may_go = False
        if self._may_hold:
            self._switch.hold_events(False)
            self._may_hold = False

    def _account(self) -> None:
        cycle = self.cycle
        if self._gives_up:
            self._listener.trouble(
                f"the card took no picture for {self._terms.room_s:.0f} s or more: what waits for"
                " it is given up, for the battery's sake; check the uplink, or change the card"
            )
        counts = {"cycles": 1, "cycle_s": round(cycle.at_s), "cycle_j": round(cycle.joules)}
        if cycle.left_undone is not None:
            counts["cycle_overruns"] = 1
            self._listener.trouble(
                f"the cycle's budget was over after {cycle.at_s:.0f} s and {cycle.joules:.0f} J, at"
                f" {cycle.left_undone}: the rest is for the next"
            )
        if self._gives_up:
            counts["cycle_refused"] = 1
        with suppress(SpoolFull, CardFailing):
            self._ledger.count(counts)
