"""The self-test of the running station: once it is armed, and again every day."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from edge import __version__
from edge.health.root import slot
from edge.health.runs import Memory
from edge.health.selftest import Check, Result, State, examine, worst
from edge.health.status import LOOK_S as STATUS_S
from edge.listener import Listener
from edge.spool.ledger import Ledger

if TYPE_CHECKING:
    from edge.health.beats import Beats

EVERY_S = 86_400.0
"""A card decays, a key file is lost, a clock loses its battery: months pass between visits."""
AGAIN_S = 600.0
"""After a card refused the results: models are not asked every other second meanwhile."""
FIRST_S = 20.0
"""After arming: the first bursts and the models that judge them come first."""
RESULTS = "selftest.json"
"""The file of the latest results, in the spool's folder."""
_ALARM = "selftest-"
_TOLD_S = 2 * STATUS_S


class SelftestStage:
    """Runs ``checks`` on a worker of its own. A part that failed is one alarm until it passes,
    but where another one stands for it.

    ``memory`` keeps the latest results for `irbis selftest`; ``clock`` dates them. ``done``
    remembers over more runs than this when the last one was, so that not every wake has one;
    ``software``, whatever it names, has it anew.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        ledger: Ledger,
        listener: Listener,
        memory: Memory,
        clock: Callable[[], datetime],
        now: Callable[[], float] = time.monotonic,
        done: Beats | None = None,
        software: Mapping[str, str] | None = None,
    ) -> None:
        self._software = software or {"version": __version__, "slot": slot()}
        self._ran_s: float | None = None
        self._checks, self._ledger, self._listener = checks, ledger, listener
        self._memory, self._clock, self._done, self._now = memory, clock, done, now
        self._due_s = now() + FIRST_S
        self._told: dict[str, str] = {}

    def step(self) -> bool:
        """Run it if it is due. Raises SpoolFull: then it is tried again, later."""
        if self._now() < self._due_s:
            return False
        left_s = 0.0 if self._done is None else self._done.due_in_s(self._software)
        if left_s > 0:
            self._due_s = self._now() + left_s
            return False
        self.run()
        return False

    def run(self) -> None:
        """Run it, whether it is due or not. Raises as ``step``."""
        results = examine(self._checks)
        self._due_s = self._now() + AGAIN_S
        for result in results:
            self._tell(result)
        try:
            self._memory.save(json.dumps(as_json(results, self._clock())).encode())
        except OSError:
            return  # a card that keeps nothing has an alarm of its own
        self._ran_s = self._now()
        self._due_s = self._ran_s + EVERY_S
        if self._done is not None:
            self._done.said(self._software)

    @property
    def is_told(self) -> bool:
        """Whether it ran since the start, and long enough ago for the status line to tell what it
        found; from any thread."""
        return self._ran_s is not None and self._now() >= self._ran_s + _TOLD_S

    def close(self) -> None:
        """Nothing is held."""

    def _tell(self, result: Result) -> None:
        name, found = f"{_ALARM}{result.part}", result.found
        if found.state is not State.FAILED or found.alarm:
            self._ledger.clear_alarm(name)
            self._told.pop(name, None)
            return
        text = f"{found.detail}; {found.remedy}" if found.remedy else found.detail
        self._ledger.raise_alarm(name, text)
        if self._told.get(name) != text:
            self._told[name] = text
            self._listener.trouble(f"self-test, {result.part}: {text}")


def as_json(results: list[Result], at: datetime) -> dict[str, Any]:
    """Results as a JSON value."""
    return {
        "schema": "irbis.selftest/1",
        "at": at.isoformat(),
        "state": worst(results).value,
        "parts": [{"part": one.part, **asdict(one.found)} for one in results],
    }
