"""What cellular costs, as the scheduler counts it.

Joules are assumptions, on the high side, to be replaced by what a board measures: a modem of LTE
category 1 to 4 draws 200 to 360 mA at 3.8 V while it is connected and up to 700 mA while it sends
with full power (its makers' manuals).
"""

from __future__ import annotations

from edge.uplink.cellular.budget import CONNECT_BYTES, DataLimits, DataState, on_the_network
from edge.uplink.cellular.tus import HEAD_BYTES
from edge.uplink.schedule.situation import Budget, Resource, Tariff
from edge.uplink.schedule.values import DAY_S

PORTION_BYTES = 32_768
"""The part of an upload between two of the scheduler's decisions."""
OVERHEAD_BYTES = on_the_network(PORTION_BYTES + HEAD_BYTES) - PORTION_BYTES
"""Of such a part; a smaller one takes less, which the meter counts."""
SESSION_BYTES = on_the_network(CONNECT_BYTES)
MARGIN_BYTES = on_the_network(CONNECT_BYTES) + 2 * on_the_network(HEAD_BYTES)
"""A first upload takes a connection of its own, and is begun or looked for. Were that not left
aside, a part that seemed to fit would not, and end the day's sending with it."""
LEAST_BYTES = MARGIN_BYTES + SESSION_BYTES + OVERHEAD_BYTES
"""What must be left for a session to begin."""
SESSION_JOULES = 75.0
"""To wake a modem, find its network, connect and leave: a minute at 1.25 W."""
JOULES_PER_BYTE = 5e-5
"""2.5 W at 50 kB/s: an edge of a cell."""
MONTH_S = 30 * DAY_S


def tariff_of(has_modem: bool, is_up: bool) -> Tariff:
    """Of the next transmission. What a network draws that is somebody else's is not counted."""
    session_bytes = 0 if is_up else SESSION_BYTES
    if not has_modem:
        return Tariff(OVERHEAD_BYTES, session_bytes=session_bytes)
    return Tariff(
        OVERHEAD_BYTES,
        joules_per_byte=JOULES_PER_BYTE,
        session_joules=0.0 if is_up else SESSION_JOULES,
        session_bytes=session_bytes,
    )


def budgets_of(state: DataState, limits: DataLimits) -> tuple[Budget, ...]:
    """Of the day and of the month, where they are limited."""
    found = (
        Budget(
            "data of the day",
            Resource.DATA,
            limits.day_bytes,
            max(0, limits.day_bytes - state.day_bytes - MARGIN_BYTES),
            DAY_S,
            limits.day_reserve_bytes,
            refill_in_s=state.day_left_s,
        ),
        Budget(
            "data of the month",
            Resource.DATA,
            limits.month_bytes,
            max(0, limits.month_bytes - state.month_bytes - MARGIN_BYTES),
            MONTH_S,
            limits.month_reserve_bytes,
            refill_in_s=state.month_left_s,
        ),
    )
    return tuple(budget for budget in found if budget.limit)
