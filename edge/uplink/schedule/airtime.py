"""The regulation's ledger as a budget."""

from __future__ import annotations

import math

from edge.uplink.radio.duty import FairUse, Ledger
from edge.uplink.radio.regions import HOUR_MS, Region
from edge.uplink.schedule.situation import Budget, Resource

NAME = "airtime"
ALERT_SHARE = 0.2
"""Of the airtime, kept for alerts: at EU868's slowest data rate two of twelve frames an hour."""


def airtime_budget(
    ledger: Ledger, region: Region, now_ms: int, frame_ms: float, fair_use: FairUse | None = None
) -> Budget | None:
    """What ``ledger`` leaves of the airtime of ``region``'s default channels, for frames of
    ``frame_ms``; None where nothing limits it. ``now_ms`` is the ledger's clock."""
    left_ms = ledger.left_ms(now_ms)
    if left_ms is None:
        return None
    bands = region.sub_bands_of(region.channels_hz)
    limits = [(hourly, HOUR_MS) for band in bands if (hourly := band.hourly_ms) is not None]
    if fair_use is not None:
        limits.append((fair_use.uplink_ms, fair_use.window_ms))
    limit_ms, window_ms = min(limits, key=lambda limit: limit[0] / limit[1])
    return Budget(
        NAME,
        Resource.AIRTIME,
        limit=limit_ms,
        left=min(left_ms, limit_ms),
        window_s=window_ms / 1000,
        reserve=ALERT_SHARE * limit_ms,
        gradual=True,
        refill_in_s=_refill_ms(ledger, now_ms, frame_ms, ALERT_SHARE * limit_ms) / 1000,
    )


def busy_s(ledger: Ledger, now_ms: int) -> float:
    """How long the present transmission still lasts, as far as the ledger knows."""
    allowed_ms = ledger.next_allowed(0, now_ms)
    return 0.0 if allowed_ms is None else (allowed_ms - now_ms) / 1000


def _refill_ms(ledger: Ledger, now_ms: int, frame_ms: float, reserve_ms: float) -> int:
    """When the next frame may go: an alert's, or if that may go now, any other beside the reserve.

    At least a millisecond, for a wait must end later; at most some seconds late.
    """
    left_ms = ledger.left_ms(now_ms)
    assert left_ms is not None
    wanted_ms = math.ceil(frame_ms if left_ms < frame_ms else frame_ms + reserve_ms)
    # What is left at a moment is what a transmission may take that ends then.
    starts_ms = ledger.next_allowed(wanted_ms, now_ms - wanted_ms)
    if starts_ms is None:  # longer than the dwell limit allows at once
        return max(1000, wanted_ms)
    return max(1, starts_ms + wanted_ms - now_ms)
