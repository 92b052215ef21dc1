"""How long a battery lasts where the station gives up one thing after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from edge.health.energy_policy import DAY_S, LADDER, Policy, days_left, decide
from edge.health.power import PowerOutlook

HORIZON_DAYS = 3650
"""What lasts ten years is said to have no end."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Days to the battery's floor, None without an end: ``kept_up_days`` with everything kept up to
    the last, ``days`` with what the policy saves; ``given_up`` the day, counted from 0, on which
    each thing went for the first time."""

    kept_up_days: float | None
    days: float | None
    given_up: dict[str, int]


def forecast(outlook: PowerOutlook, load_w: Callable[[Policy], float]) -> Forecast:
    """Day after day like the one that ``outlook`` expects, from now, its own load aside:
    ``load_w`` tells what is drawn under a policy."""
    given_up: dict[str, int] = {}
    policy = LADDER[0]
    now = replace(outlook, load_w=load_w(policy))
    kept_up = days_left(now)
    kept_up_days = kept_up if kept_up < HORIZON_DAYS else None
    for day in range(HORIZON_DAYS):
        policy = decide(now, policy)
        for name in _missing(policy):
            given_up.setdefault(name, day)
        now = replace(now, load_w=load_w(policy))
        rest = days_left(now)
        if rest < 1:
            return Forecast(kept_up_days, day + rest, given_up)
        gained_j = now.harvest_j - now.load_w * DAY_S
        battery_j = min(now.capacity_j, now.battery_j + gained_j)
        if battery_j == now.battery_j and decide(now, policy) == policy:
            break  # every day from here on is like this one
        now = replace(now, battery_j=battery_j)
    return Forecast(kept_up_days, None, given_up)


def _missing(policy: Policy) -> list[str]:
    kept = {
        "crops": policy.crops,
        "full records": policy.full_records,
        "second looks": policy.second_looks,
    }
    return [name for name, is_kept in kept.items() if not is_kept]
