"""How long a battery lasts, with all kept up and with saving."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.energy_forecast import forecast
from edge.health.energy_policy import LADDER, Policy
from edge.health.power import PowerOutlook
from tests.health.energy import BATTERY, outlooks

FULL = replace(BATTERY, battery_j=BATTERY.capacity_j, harvest_j=0)
WATTS = dict(zip(LADDER, (2.0, 1.5, 1.0, 0.5), strict=True))


def test_a_battery_without_sun_day_by_day():
    found = forecast(FULL, WATTS.__getitem__)
    # 288 kJ above the floor. All kept up: 172.8 kJ a day. After one day 115.2 kJ are left, less
    # than a day's worth: all is given up, and 43.2 kJ a day last 2.67 days more.
    assert found.kept_up_days == pytest.approx(288 / 172.8)
    assert found.days == pytest.approx(1 + 115.2 / 43.2)
    assert found.given_up == {"crops": 1, "full records": 1, "second looks": 1}


def test_what_is_given_up_goes_in_its_order():
    big = replace(FULL, capacity_j=7.2e6, battery_j=7.2e6)
    given_up = forecast(big, WATTS.__getitem__).given_up
    assert given_up["crops"] < given_up["full records"] < given_up["second looks"]


def test_sun_enough_has_no_end_and_gives_nothing_up():
    found = forecast(replace(FULL, harvest_j=2.0 * 86_400), WATTS.__getitem__)
    assert (found.kept_up_days, found.days, found.given_up) == (None, None, {})


def test_saving_may_make_what_ends_endless():
    # The sun bears second looks and news, not full records.
    found = forecast(replace(FULL, harvest_j=1.2 * 86_400), WATTS.__getitem__)
    assert found.kept_up_days is not None
    assert found.days is None
    assert "crops" in found.given_up


def test_a_battery_below_its_floor_has_no_days():
    empty = replace(FULL, battery_j=0)
    assert forecast(empty, WATTS.__getitem__).days == 0


def test_a_battery_takes_no_more_sun_than_it_has_room_for():
    small = replace(
        FULL, capacity_j=10_000, battery_j=500, floor_j=0, harvest_j=50_000, until_sun_s=3600
    )
    all_or_nothing = dict(zip(LADDER, (1e5 / 86_400,) * 3 + (0.0,), strict=True))
    # Nearly empty, it lives on nothing for a day and is full; 10 kJ bear a lack of 50 kJ a day.
    assert forecast(small, all_or_nothing.__getitem__).days == pytest.approx(1 + 10 / 50)


@given(outlooks(), st.lists(st.floats(0.01, 20), min_size=4, max_size=4))
def test_saving_never_shortens(outlook: PowerOutlook, watts: list[float]):
    loads = dict(zip(LADDER, sorted(watts, reverse=True), strict=True))

    def load_w(policy: Policy) -> float:
        return loads[policy]

    found = forecast(outlook, load_w)
    if found.days is not None:
        assert found.kept_up_days is not None
        assert found.days >= found.kept_up_days - 1e-6
