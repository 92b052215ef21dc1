"""The controller stage: keeps the microcontroller company while the station runs.

It says in time that the station lives, reads battery, panel and temperature, keeps the RTC, and
hands on what the controller saw with the time at which that was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.health.clock import ClockState, system_clock
from edge.health.controller_clock import ControllerClock
from edge.health.controller_energy import clear_low, measure, raise_low
from edge.health.controller_events import Sensed, sensed
from edge.health.controller_orders import NoController, Orders
from edge.health.controller_trouble import Trouble
from edge.health.power import PowerModel, PowerOutlook
from edge.health.runs import Memory
from edge.listener import Listener
from edge.records import ClockQuality, Vitals
from edge.spool.errors import SpoolFull
from edge.spool.ledger import Ledger
from firmware_bridge.errors import BridgeError, ProtocolMismatch, Refused
from firmware_bridge.mcu import (
    BatteryEvent,
    Controller,
    Drift,
    Greeting,
    Restarted,
    Wake,
)

LISTEN_S = 0.5
"""A step waits so long for an event, and a stop of the station for the step."""
LEAST_BACKOFF_S = 1.0
MOST_BACKOFF_S = 60.0
"""Between two tries to reach a controller that is gone; less where its watchdog bites sooner."""
WRONG = timedelta(minutes=1)
"""A controller's clock that is off by more is not trusted to wake a station that sleeps blind."""
_FEEDS = 4
"""So often within its period the watchdog hears of the station: three may get lost."""


@dataclass(frozen=True, slots=True)
class ControllerTerms:
    """How the controller is used. ``watchdog_s`` 0: it does not watch (else 10 to 86400)."""

    watchdog_s: int = 600
    reading_s: float = 60.0
    clock_s: float = 600.0
    stale_s: float = 300.0
    most_drift_ppm: float = 200.0


class ControllerStage:
    """Speaks with the controller that ``open_controller`` gives, again and again where it must.

    ``memory`` keeps what is known of its clock. ``alive`` says whether the station does its work:
    while it does not, the watchdog hears nothing. ``on_event`` gets what the controller sees, in
    this stage's thread; an event whose handling dies with the program comes again in the next.
    ``system`` is how good the system's clock is, ``now`` seconds on a clock that nobody sets.

    ``step`` and ``close`` are for one thread, everything else for any.
    """

    def __init__(
        self,
        open_controller: Callable[[], Controller],
        ledger: Ledger,
        memory: Memory,
        listener: Listener,
        terms: ControllerTerms,
        alive: Callable[[], bool],
        on_event: Callable[[Sensed], None],
        power: PowerModel | None = None,
        system: Callable[[], ClockState] = system_clock,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open, self._ledger, self._terms = open_controller, ledger, terms
        self._alive, self._on_event, self._power, self._now = alive, on_event, power, now
        self._system, self._listener = system, listener
        self._clock = ControllerClock(memory, terms.most_drift_ppm, system, now)
        self._trouble = Trouble(ledger, listener, now)
        self._orders = Orders()
        self._controller: Controller | None = None
        self._greeting: Greeting | None = None
        self._wake: Wake | None = None
        self._vitals: tuple[Vitals, float] | None = None
        self._powered: tuple[float, float] | None = None
        self._counted: tuple[int, int, float] | None = None
        self._holds_events = False
        self._events_lost = 0
        self._backoff_s = 0.0
        self._quiet_until_s = self._watchdog_due_s = self._reading_due_s = self._clock_due_s = 0.0
        self._clock_kept_by = ClockQuality.UNSET

    # For any thread.

    def vitals(self) -> Vitals:
        """What was measured last; nothing once that is stale."""
        if self._vitals is None or self._now() - self._vitals[1] > self._terms.stale_s:
            return Vitals()
        return self._vitals[0]

    def clock(self) -> ClockState:
        """How good the time is, and how far it lies ahead of the system's clock."""
        return self._clock.state()

    def drift(self) -> Drift | None:
        """How fast the controller's RTC runs, as far as it is known."""
        return self._clock.drift()

    def counters(self) -> Mapping[str, int]:
        """The controller's starts, and the events it lost since its last, once they are known."""
        if self._greeting is None:
            return {}
        return {
            "controller_boots": self._greeting.boot,
            "controller_events_lost": self._events_lost,
        }

    def power(self) -> PowerOutlook | None:
        """The battery and what is expected of the sun; None on mains, or where nothing is known."""
        return None if self._power is None else self._power.outlook(self._now(), self._utc())

    @property
    def wake(self) -> Wake | None:
        """Why the station has power, once the controller was asked."""
        return self._wake

    def powered_s(self) -> float | None:
        """For how long the station has had power, by the controller; None before it was asked."""
        if self._powered is None:
            return None
        had_s, at_s = self._powered
        return had_s + self._now() - at_s

    def guard(self) -> tuple[int, int] | None:
        """Which start of the controller this is, and its counter of milliseconds by now: the same
        start before and after a sleep kept watch throughout. None while it is not known."""
        counted = self._counted
        if counted is None:
            return None
        boot, uptime_ms, at_s = counted
        return boot, (uptime_ms + round(1000 * (self._now() - at_s))) % 2**32

    def hold_events(self, held: bool) -> None:
        """Whether events are left with the controller: none is taken once this has returned, and
        a motion that it keeps brings the power back. Raises NoController as ``power_off`` does."""

        def hold(_: Controller) -> None:
            self._holds_events = held

        self._orders.carry_out(hold)

    def power_off(self, after_s: int, wake_at: datetime | None, on_pir: bool) -> None:
        """Have the power taken away in ``after_s`` (0 to 3600), until ``wake_at`` or a PIR event.

        Blocks until the controller has agreed; not for the stage's own thread. Raises NoController
        where it did not; it may have done so all the same if only its answer was lost. Without the
        PIR its clock alone brings the power back: one that is wrong is not trusted with that.
        """

        def order(one: Controller) -> None:
            if not on_pir:
                self._require_time(one)
            one.power_off(after_s, wake_at, on_pir)

        self._orders.carry_out(order)

    def call_off_power_off(self) -> None:
        """Keep the power that ``power_off`` was to take away. Raises NoController."""
        self._orders.carry_out(lambda one: one.call_off_power_off())

    # For the stage's thread.

    def _require_time(self, controller: Controller) -> None:
        reading = controller.clock()
        off = None if reading.rtc is None else reading.rtc - reading.host - self.clock().offset
        if off is None or abs(off) > WRONG:
            told = "its clock was never set" if off is None else f"its clock is off by {off}"
            raise NoController(f"the controller keeps its motion sensor: {told}")

    def step(self) -> bool:
        """Do what is due and wait a little for an event; whether the controller was there.

        Raises what the ledger and the memories raise, and what ``on_event`` does.
        """
        if self._now() < self._quiet_until_s:
            return False
        try:
            controller = self._connected()
            self._duties(controller)
            self._orders.serve(controller)
            self._listen(controller)
        except BridgeError as error:
            self._lost(str(error))
            return False
        self._backoff_s = 0.0
        return True

    def close(self) -> None:
        """End the watchdog, for a station that was stopped is not a station that died."""
        if self._power is not None:
            with suppress(SpoolFull):
                self._power.keep()
        if self._controller is None:
            return
        with suppress(BridgeError):
            if self._terms.watchdog_s:
                self._controller.watchdog(0)
        with suppress(BridgeError):
            self._controller.close()
        self._controller = None

    def _connected(self) -> Controller:
        if self._controller is not None:
            return self._controller
        controller = self._open()
        try:
            greeting = controller.connect()
            if self._wake is None:
                self._ask_wake(controller)
        except BaseException:
            with suppress(BridgeError):
                controller.close()
            raise
        self._controller = controller
        self._greet(greeting)
        return controller

    def _ask_wake(self, controller: Controller) -> None:
        wake = controller.wake()
        had_ms = (controller.ping().uptime_ms - wake.uptime_ms) % 2**32
        self._wake, self._powered = wake, (had_ms / 1000, self._now())

    def _greet(self, greeting: Greeting) -> None:
        """Know a controller that has started, or to which the line is back."""
        before, self._greeting = self._greeting, greeting
        if before is None or before.boot != greeting.boot:
            self._counted = None
        self._watchdog_due_s = self._reading_due_s = self._clock_due_s = 0.0
        self._trouble.found(greeting.mismatch)
        if before is not None and before.boot != greeting.boot:
            self._events_lost = 0
            self._listener.trouble(
                f"controller: it has restarted (start {greeting.boot}); events that waited are lost"
            )
            self._ledger.count({"controller_restarts": 1})

    def _lost(self, why: str) -> None:
        if self._controller is not None:
            with suppress(BridgeError):
                self._controller.close()
            self._controller = None
        most_s = min(MOST_BACKOFF_S, self._terms.watchdog_s / _FEEDS or MOST_BACKOFF_S)
        self._backoff_s = min(max(LEAST_BACKOFF_S, 2 * self._backoff_s), most_s)
        self._quiet_until_s = self._now() + self._backoff_s
        self._trouble.lost(why)

    def _duties(self, controller: Controller) -> None:
        """What is due: the watchdog first, for all else may take its time or fail."""
        now_s = self._now()
        speaks_all = self._greeting is not None and self._greeting.mismatch is None
        if speaks_all and self._terms.watchdog_s and now_s >= self._watchdog_due_s:
            self._watchdog_due_s = now_s + self._terms.watchdog_s / _FEEDS
            if self._alive():
                self._try(lambda: controller.watchdog(self._terms.watchdog_s))
        quality = self._system().quality
        if now_s >= self._clock_due_s or quality is not self._clock_kept_by:
            self._clock_due_s = now_s + self._terms.clock_s
            self._clock_kept_by = quality
            self._try(lambda: self._keep_clock(controller, speaks_all))
        if speaks_all and now_s >= self._reading_due_s:
            self._reading_due_s = now_s + self._terms.reading_s
            self._try(lambda: self._read(controller))

    def _try(self, duty: Callable[[], None]) -> None:
        """A refusal of one thing is no reason to give up the others."""
        try:
            duty()
        except (Refused, ProtocolMismatch) as error:
            self._trouble.tell(str(error))

    def _keep_clock(self, controller: Controller, may_set: bool) -> None:
        assert self._greeting is not None
        self._clock.keep(controller, self._greeting.boot, may_set)

    def _read(self, controller: Controller) -> None:
        vitals, reading = measure(controller)
        pong, at_s = controller.ping(), self._now()
        self._events_lost = pong.lost
        if self._greeting is not None:
            self._counted = self._greeting.boot, pong.uptime_ms, at_s
        self._vitals = (vitals, at_s)
        clear_low(self._ledger, vitals.battery_mv)
        if self._power is not None:
            self._power.take(reading, at_s, self._utc())

    def _utc(self) -> datetime | None:
        clock = self.clock()
        return None if clock.quality is ClockQuality.UNSET else clock.now()

    def _listen(self, controller: Controller) -> None:
        if self._holds_events:
            return
        event = next(controller.events(LISTEN_S), None)
        if event is None:
            return
        if isinstance(event, Restarted):
            self._greet(event.greeting)
            return
        happened = sensed(event, self._clock)
        self._on_event(happened)
        if isinstance(event, BatteryEvent):
            raise_low(self._ledger, event.battery_mv)
        self._ledger.count({f"{happened.kind}_events": 1})
        controller.acknowledge()
