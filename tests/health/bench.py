"""A simulated controller on a pty, and the stage that speaks with it over a real spool's ledger."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from edge.health.clock import ClockState
from edge.health.controller import ControllerStage, ControllerTerms
from edge.health.controller_events import Sensed
from edge.listener import Listener
from edge.records import ClockQuality
from edge.spool.keepsake import Keepsake
from edge.spool.spool import Spool
from firmware_bridge.mcu import Controller
from firmware_bridge.port import SerialPort

UNSET, NTP = ClockState(ClockQuality.UNSET), ClockState(ClockQuality.NTP)
PATIENCE_S = 60.0


class Memory:
    """A keepsake's two methods, over nothing but a variable."""

    def __init__(self, state: bytes | None = None) -> None:
        self.state = state
        self.saves = 0

    def load(self) -> bytes | None:
        return self.state

    def save(self, state: bytes) -> None:
        self.state = state
        self.saves += 1


class Told(Listener):
    """What was told to whoever watches."""

    def __init__(self) -> None:
        self.troubles: list[str] = []

    def trouble(self, text: str) -> None:
        self.troubles.append(text)


@dataclass
class Bench:
    """A stage and all that it is given; ``path`` is where its controller is."""

    spool: Spool
    path: str
    terms: ControllerTerms = field(default_factory=lambda: ControllerTerms(watchdog_s=0))
    system: ClockState = UNSET
    alive: bool = True
    now: Callable[[], float] = time.monotonic
    tries: int = 40
    host_now: Callable[[], datetime] = lambda: datetime.now(UTC)
    on_event: Callable[[Sensed], None] | None = None
    opened: int = 0
    events: list[Sensed] = field(default_factory=list)
    told: Told = field(default_factory=Told)

    def stage(self, **more: Any) -> ControllerStage:
        return ControllerStage(
            self._open,
            self.spool.ledger,
            more.pop("memory", self.memory("controller-clock")),
            self.told,
            self.terms,
            lambda: self.alive,
            self.on_event or self.events.append,
            system=lambda: self.system,
            now=self.now,
            **more,
        )

    def memory(self, name: str) -> Keepsake:
        return self.spool.keepsake(name)

    def _open(self) -> Controller:
        self.opened += 1
        return Controller(SerialPort(self.path), resend_s=0.1, tries=self.tries, now=self.host_now)


def step_until(stage: ControllerStage, reached: Callable[[], bool]) -> None:
    """Let the stage work until something is so."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < give_up_s, "it never came to pass"
        if not stage.step():
            time.sleep(0.01)
