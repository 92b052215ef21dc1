"""A station whose numbers a reader can add up, and batteries."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from edge.health.energy_cycle import Station
from edge.health.energy_draw import Draw, Pace, Talk
from edge.health.energy_policy import LADDER
from edge.health.power import PowerOutlook

STATION = Station(
    Draw(sleep_w=0.1, armed_w=1.0, capturing_w=3.0, thinking_w=2.0, talking_w=2.0),
    Pace(boot_s=10, catch_s=2, think_s=4, second_look_s=5, off_s=3),
    Talk(modem_w=1.0, news_s=3, record_s=2, crops_s=5, crops_wait_s=20),
)
BATTERY = PowerOutlook(
    battery_j=216_000,
    capacity_j=360_000,
    floor_j=72_000,
    load_w=1.0,
    until_sun_s=16 * 3600,
    harvest_j=43_200,
)
"""100 Wh, 60 % of it in the battery, 20 % to stay; the sun brings half of a day's load."""

policies = st.sampled_from(LADDER)


@st.composite
def outlooks(draw: st.DrawFn) -> PowerOutlook:
    """Batteries of all sizes and fills, loads and suns."""
    capacity_j = draw(st.floats(1e3, 1e7))
    return replace(
        BATTERY,
        capacity_j=capacity_j,
        battery_j=capacity_j * draw(st.floats(0, 1)),
        floor_j=capacity_j * draw(st.floats(0, 1)),
        load_w=draw(st.floats(0, 20)),
        until_sun_s=draw(st.floats(0, 86_400)),
        harvest_j=draw(st.floats(0, 2e6)),
    )
