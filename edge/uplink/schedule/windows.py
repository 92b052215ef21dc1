"""Budgets of a day and a month that survive a reboot.

A window begins with the first use after the last one ended, by the scheduler's clock, which never
runs backwards: no change of the calendar's clock gives anything back early.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.errors import IrbisError
from edge.uplink.schedule.situation import Budget, Resource


class Overspent(IrbisError, ValueError):
    """More was asked of a budget than is left in it."""


@dataclass(frozen=True, slots=True)
class Window:
    """``used`` of ``limit`` since ``began_s``; all of it is back ``window_s`` later."""

    name: str
    resource: Resource
    limit: float
    window_s: float
    reserve: float = 0.0
    began_s: float = 0.0
    used: float = 0.0

    def budget(self, now_s: float) -> Budget:
        """What is left of it now."""
        over = now_s >= self.began_s + self.window_s
        used = 0.0 if over else self.used
        return Budget(
            self.name,
            self.resource,
            limit=self.limit,
            left=max(0.0, self.limit - used),
            window_s=self.window_s,
            reserve=self.reserve,
            refill_in_s=0.0 if over or not used else self.began_s + self.window_s - now_s,
        )

    def spent(self, amount: float, now_s: float) -> Window:
        """With ``amount`` used. Raises Overspent."""
        left = self.budget(now_s).left
        if amount > left + 1e-9:
            raise Overspent(
                f"{amount:.0f} {self.resource} of {self.name}, where {left:.0f} are left; ask the"
                " scheduler before sending"
            )
        return self.charged(amount, now_s)

    def charged(self, amount: float, now_s: float) -> Window:
        """With ``amount`` used, allowed or not: what an interface counted is what was used."""
        if now_s >= self.began_s + self.window_s or not self.used:
            return replace(self, began_s=now_s, used=amount)
        return replace(self, used=self.used + amount)
