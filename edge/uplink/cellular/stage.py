"""The cellular stage: a session whenever the scheduler has something that is worth one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from edge.listener import Listener
from edge.spool.errors import SpoolFull
from edge.spool.ledger import Ledger
from edge.uplink.cellular.budget import DataBudget, DataLimits, DataState
from edge.uplink.cellular.durable import StateUnwritable
from edge.uplink.cellular.errors import BearerError, BearerFault, DataSpent
from edge.uplink.cellular.outgoing import NAME, Outgoing
from edge.uplink.cellular.pauses import LASTING_REST_S, Pauses
from edge.uplink.cellular.session import CellularSession, SessionReport
from edge.uplink.cellular.tariff import (
    LEAST_BYTES,
    OVERHEAD_BYTES,
    PORTION_BYTES,
    budgets_of,
    tariff_of,
)
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.modem_watch import MISSING_S, NO_MODEM, ModemWatch
from edge.uplink.schedule.situation import Candidate, Form, LinkState
from edge.uplink.schedule.values import ValueClass

ALARM = "data-budget"
VISIT_S = 900.0
"""An animal that stays is photographed every few minutes: one session for all that."""
_LOOK_S = 1.0
_BUSY_S = 30.0
_OFF_AGAIN_S = 300.0
_SAYS_NOTHING = (
    BearerFault.NO_SERVICE,
    BearerFault.FAILED,
    BearerFault.NOT_CONNECTED,
    BearerFault.LOST,
)
"""Of whether there is a modem: ModemManager itself is not well, or was not waited for."""


@dataclass(frozen=True, slots=True)
class CellularTerms:
    """``every_s`` lies between two sessions when nothing is urgent. ``has_modem``: one is switched
    for each session; ``has_uploads``: what is large goes in parts."""

    every_s: float
    has_modem: bool
    has_uploads: bool
    limits: DataLimits


class CellularStage:
    """A network with a bill: a Carrier.

    An alert begins a session at any time, a new cat once the last one is VISIT_S ago, everything
    else after ``every_s``; once there is a session, everything goes with it. After one that came to
    nothing the modem rests, ever longer. ``watch`` tells whether there is a modem. ``now`` is a
    clock in s that nobody sets.
    """

    name = NAME

    def __init__(
        self,
        session: CellularSession,
        outgoing: Outgoing,
        budget: DataBudget,
        dispatcher: Dispatcher,
        ledger: Ledger,
        listener: Listener,
        terms: CellularTerms,
        pauses: Pauses,
        now: Callable[[], float] = time.monotonic,
        watch: ModemWatch | None = None,
    ) -> None:
        self._watch = watch or ModemWatch(NO_MODEM, ledger, MISSING_S, now=now)
        self._session = session
        self._outgoing = outgoing
        self._budget = budget
        self._dispatcher = dispatcher
        self._ledger = ledger
        self._listener = listener
        self._terms = terms
        self._pauses = pauses
        self._now = now
        self._look_s = now()
        self._off_by_s = now()
        self._is_busy = False
        self._spent_day: int | None = None
        self._has_alarm: bool | None = None
        dispatcher.join(self)

    def step(self) -> bool:
        """Run a session, if there is something for one; whether anything moved."""
        now_s = self._now()
        if now_s < self._look_s:
            return False
        self._look_s = now_s + _LOOK_S
        self._outgoing.take([])  # what the card had no room to note
        self._pauses.keep_up()
        self._tell_of_budget()
        self._switch_off(now_s)
        if self._dispatcher.next_for(NAME) is None:
            return False
        self._is_busy = True
        try:
            # It lets go of what it was given: a radio may be quicker than a modem that has yet to
            # find its network.
            self._dispatcher.next_for(NAME)
            return self._run()
        finally:
            self._is_busy = False

    def stop(self) -> None:
        """The station stops: break off what could take minutes. From any thread."""
        self._session.stop()

    def close(self) -> None:
        """Nothing is open between two sessions."""

    def counters(self) -> dict[str, int]:
        """What was used of the data budget, for the heartbeat; from any thread."""
        return self._budget.state().counters()

    def link(self) -> LinkState:
        state, is_up = self._budget.state(), self._session.is_up
        parts = self._terms.has_uploads
        return LinkState(
            NAME,
            Form.MESSAGE,
            payload_bytes=PORTION_BYTES + OVERHEAD_BYTES if parts else None,
            splits=parts,
            takes=self._takes(state, is_up),
            tariff=tariff_of(self._terms.has_modem, is_up),
            budgets=budgets_of(state, self._terms.limits),
            down=None if self._is_busy else self._pauses.resting(),
            ready_in_s=_BUSY_S if self._is_busy and not is_up else 0.0,
            refused=self._outgoing.refused,
        )

    def own(self, now_s: float) -> Sequence[Candidate]:
        return ()

    def _takes(self, state: DataState, is_up: bool) -> ValueClass:
        """The least valuable class that a session is begun for, or that goes with one."""
        if state.day == self._spent_day:
            return ValueClass.ALERT
        since_s = self._pauses.since_s
        if is_up or since_s is None or since_s >= self._terms.every_s:
            return ValueClass.AUDIT
        return ValueClass.NEW_CAT if since_s >= VISIT_S else ValueClass.ALERT

    def _is_spent(self, state: DataState) -> bool:
        """Whether nothing but alerts can begin a session until the day or the month turns."""
        common = state.common_bytes
        return state.day == self._spent_day or (common is not None and common < LEAST_BYTES)

    def _run(self) -> bool:
        self._pauses.begin()
        try:
            report = self._session.run()
        except DataSpent as error:
            self._pauses.end_unasked()
            self._spend(str(error))
            return False
        except Exception as error:
            self._fail(error)
            raise  # whoever repeats this step tells it
        self._watch.found()
        self._listener.link(_told(report))
        if not report.came_to_nothing:
            self._pauses.end_well()
        elif self._session.is_stopping:
            self._pauses.end_unasked()
        else:
            self._pauses.end_badly(report.ended)
        if report.spent:
            self._spend(report.ended)
        return report.sent > 0 or report.parts > 0

    def _fail(self, error: Exception) -> None:
        if isinstance(error, BearerError):
            self._meet(error)
        if isinstance(error, StateUnwritable):
            self._outgoing.make_room()
        if self._session.is_stopping:
            self._pauses.end_unasked()
        else:
            lasting = isinstance(error, BearerError) and error.lasting
            self._pauses.end_badly(str(error), LASTING_REST_S if lasting else None)

    def _meet(self, error: BearerError) -> None:
        """What it says of the modem: one without a network, a SIM or a plan is there."""
        if error.fault is BearerFault.NO_MODEM:
            self._watch.lost(str(error))
        elif error.fault not in _SAYS_NOTHING:
            self._watch.found()

    def _spend(self, why: str) -> None:
        """The budget is used up: nothing but alerts until the day turns, and where not even one
        of them fits, nothing."""
        state = self._budget.state()
        if self._spent_day == state.day:
            self._pauses.end_badly(why, state.day_left_s)
        self._spent_day = state.day

    def _switch_off(self, now_s: float) -> None:
        """A process that was killed, or a bus that broke, may have left the modem on."""
        if not self._session.is_off and now_s >= self._off_by_s:
            self._off_by_s = now_s + _OFF_AGAIN_S
            self._session.switch_off()

    def _tell_of_budget(self) -> None:
        """An alarm stands while the budget is used up."""
        is_spent = self._is_spent(self._budget.state())
        if is_spent == self._has_alarm:
            return
        with suppress(SpoolFull):
            if is_spent:
                self._ledger.raise_alarm(
                    ALARM,
                    "used up for this day or month, alerts alone are sent until it turns"
                    " ([uplink.cellular] day_bytes, month_bytes)",
                )
            else:
                self._ledger.clear_alarm(ALARM)
            self._has_alarm = is_spent


def _told(report: SessionReport) -> str:
    did = (
        f"{report.sent} sent, {report.acknowledged} acknowledged,"
        f" {report.used_bytes / 1000:.0f} kB ({report.ended})"
    )
    if report.came_to_nothing:
        return f"a cellular session came to nothing: {did}"
    return f"connected to basecamp for a session: {did}"
