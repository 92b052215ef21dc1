"""A request to join is airtime like any other: it waits for it, and what follows waits for that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.uplink.radio.budget import AirBudget
from edge.uplink.radio.modems import ChargedJoins
from edge.uplink.radio.regions_tables import region
from firmware_bridge.join_backoff import ShortMemory

JOIN_S = 1.483
NOW_MS = 1_000_000


@pytest.fixture
def make_air() -> Callable[[str], AirBudget]:
    return lambda name: AirBudget(region(name), ShortMemory(), bytes(16), now_ms=lambda: NOW_MS)


def test_a_join_takes_of_the_hour_s_airtime(make_air: Callable[[str], AirBudget]) -> None:
    air = make_air("EU868")
    joins = ChargedJoins(ShortMemory(), air, JOIN_S)
    assert joins.wait_s() == 0
    joins.attempt(JOIN_S)
    left = air.left(51, 0)
    assert left is not None and left.limit - left.left == 1483
    assert joins.wait_s() > JOIN_S, "its own pause holds all the same"


def test_a_join_waits_where_the_hour_is_spent(make_air: Callable[[str], AirBudget]) -> None:
    air = make_air("EU868")
    for _ in range(24):  # of 1483 ms each: the 36 s of an hour
        air.joins(JOIN_S)
    assert 3000 < ChargedJoins(ShortMemory(), air, JOIN_S).wait_s() <= 3600


def test_where_nothing_limits_the_hour_a_join_waits_for_its_own_pause_alone(
    make_air: Callable[[str], AirBudget],
) -> None:
    assert ChargedJoins(ShortMemory(), make_air("US915"), 0.37).wait_s() == 0
    assert ChargedJoins(ShortMemory(), make_air("AS923-dwell"), JOIN_S).wait_s() == 0
