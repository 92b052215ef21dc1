"""What the running station affords: the policy in force, who is told of it, and the days left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from edge.health.energy_policy import LADDER, Policy, days_left, decide
from edge.health.energy_station import Assumed
from edge.health.power import PowerOutlook
from edge.health.runs import Memory
from edge.listener import Listener
from edge.spool.ledger import Ledger

ALARM = "energy-low"
LOOK_S = 60.0
"""As often as a battery is measured."""
SOON_S = 5.0
TEXTS = {
    LADDER[1]: "pictures wait until the battery has more",
    LADDER[2]: "pictures and full records wait until the battery has more",
    LADDER[3]: "pictures and full records wait until the battery has more, and second looks are"
    " given up: what they would have settled stays on the card",
}
"""The same words every time: an alarm that changes is sent anew, which takes energy."""


class EnergyKeeper:
    """Decides again every minute, from ``outlook``; a stage.

    ``memory`` keeps the rung over a reboot: a station that is woken for each event would otherwise
    begin with everything each time. ``assumed`` tells the days left by board and traffic, None: by
    the present load. ``now`` is a clock in s that nobody sets.

    ``step`` is for one thread, the rest for any.
    """

    def __init__(
        self,
        outlook: Callable[[], PowerOutlook | None],
        memory: Memory,
        ledger: Ledger,
        listener: Listener,
        assumed: Assumed | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outlook, self._memory, self._ledger = outlook, memory, ledger
        self._listener, self._assumed, self._now = listener, assumed, now
        self._policy = _restored(memory.load())
        self._told: Policy | None = None
        self._saved = self._policy
        self._days: tuple[float, float] | None = None
        self._due_s = now()

    @property
    def policy(self) -> Policy:
        """What is afforded now."""
        return self._policy

    def counters(self) -> dict[str, int]:
        """How many rungs of the ladder are given up (0 to 3); where the battery has an end, the
        whole days to its floor: the fewest and the most, as the assumptions go."""
        found = {"energy_given_up": LADDER.index(self._policy)}
        if self._days is not None:
            names = ("energy_days_left_least", "energy_days_left_most")
            found |= {
                name: int(days)
                for name, days in zip(names, self._days, strict=True)
                if math.isfinite(days)
            }
        return found

    def step(self) -> bool:
        """Decide, where it is time to; whether it was. Raises SpoolFull: what was decided counts
        nevertheless, and is told again."""
        now_s = self._now()
        if now_s < self._due_s:
            return False
        outlook = self._outlook()
        self._policy = decide(outlook, self._policy)
        self._days = None if outlook is None else self._forecast(outlook)
        self._tell()
        # Just after a start nothing may have been measured yet.
        self._due_s = now_s + (SOON_S if outlook is None else LOOK_S)
        return True

    def close(self) -> None:
        """Nothing is held open."""

    def _tell(self) -> None:
        policy = self._policy
        if policy != self._told:
            text = TEXTS.get(policy)
            if text is None:
                self._ledger.clear_alarm(ALARM)
            else:
                self._ledger.raise_alarm(ALARM, text)
            if text is not None or self._told is not None:
                self._listener.trouble(f"energy: {text or 'everything is afforded again'}")
            self._told = policy
        if policy != self._saved:
            self._memory.save(bytes((LADDER.index(policy),)))
            self._saved = policy

    def _forecast(self, outlook: PowerOutlook) -> tuple[float, float]:
        if self._assumed is None:
            days = days_left(outlook)
            return days, days
        least, most = self._assumed.forecasts(outlook)
        return _endless(least.days), _endless(most.days)


def _endless(days: float | None) -> float:
    return math.inf if days is None else days


def _restored(state: bytes | None) -> Policy:
    return LADDER[state[0]] if state and state[0] < len(LADDER) else LADDER[0]
