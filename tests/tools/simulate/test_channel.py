"""The modelled air, sun and gateway against what can be worked out by hand."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest

from edge.uplink.radio.regions_tables import EU868, REGIONS
from tools.simulate.channel import (
    Air,
    Place,
    Transmission,
    channels_of,
    draw_outages,
    draw_place,
    usable_rates,
)
from tools.simulate.settings import DAY_S, Battery, Radio, Weather
from tools.simulate.sun import Store, draw_harvest

DR0, DR5 = EU868.data_rate(0), EU868.data_rate(5)


@pytest.mark.parametrize("load", [0.05, 0.5, 1.5])
def test_lone_survivors_of_a_channel_are_as_many_as_pure_aloha_says(load: float) -> None:
    """A frame survives if no other begins within a frame's time before or after it: exp(-2 G)."""
    chance, air, now_s, sent = random.Random(1), Air(), 0.0, []
    for _ in range(40_000):
        now_s += chance.expovariate(load)  # frames of one second
        sent.append(Transmission(now_s, now_s + 1.0, 0, 7))
        air.begin(sent[-1])
    survived = sum(not one.collided for one in sent) / len(sent)
    assert survived == pytest.approx(math.exp(-2 * load), abs=0.01)


def test_only_the_same_channel_and_spreading_factor_collide() -> None:
    air = Air()
    first = Transmission(0.0, 2.0, 0, 7)
    others = [
        Transmission(1.0, 3.0, 1, 7),
        Transmission(1.0, 3.0, 0, 8),
        Transmission(2.0, 3.0, 0, 7),
    ]
    for one in (first, *others):
        air.begin(one)
    assert not any(one.collided for one in (first, *others))
    late = Transmission(2.9, 4.0, 0, 7)
    air.begin(late)
    assert (late.collided, others[2].collided, first.collided) == (True, True, False)


def test_a_margin_of_ten_decibels_loses_a_tenth_to_fading() -> None:
    assert Place(DR0, 10.0).chance == pytest.approx(math.exp(-0.1))
    assert Place(DR0, 0.0).chance == pytest.approx(math.exp(-1))
    assert Place(DR0, 60.0).chance == pytest.approx(1.0, abs=1e-5)


def test_the_network_gives_the_fastest_rate_with_a_margin_and_no_station_is_left_deaf() -> None:
    rates = usable_rates(EU868)
    near = draw_place(random.Random(1), Radio(snr_db=20, shadowing_db=0), rates)
    assert near.rate.index == 6 and near.margin_db == pytest.approx(27.5)
    edge = draw_place(random.Random(1), Radio(snr_db=-2.5, shadowing_db=0), rates)
    assert (edge.rate, edge.margin_db) == (EU868.data_rate(3), 10.0)
    far = draw_place(random.Random(1), Radio(snr_db=-90, shadowing_db=0), rates)
    assert (far.rate, far.margin_db) == (DR0, 5.0)


@pytest.mark.parametrize("name", REGIONS)
def test_every_region_has_rates_that_carry_every_record_and_channels(name: str) -> None:
    region = REGIONS[name]
    assert all(rate.payload_bytes >= 51 for rate in usable_rates(region))
    assert 1 <= channels_of(region) <= 8


def test_a_gateway_is_away_for_its_share_of_the_time() -> None:
    radio = Radio(up_days=4, outage_days=1)
    outages = draw_outages(random.Random(3), radio, 20_000 * DAY_S)
    away_s = sum(end - start for start, end in outages)
    assert away_s / (20_000 * DAY_S) == pytest.approx(0.2, abs=0.02)
    assert all(a[1] <= b[0] for a, b in pairwise(outages))
    assert draw_outages(random.Random(3), Radio(outage_days=0), 1e9) == []


def test_a_battery_without_sun_lasts_as_long_as_its_charge() -> None:
    battery = Battery(capacity_j=100_000, load_w=1.0, floor=0.1, resume=0.2)
    store = Store(battery, [0.0] * 3)
    store.advance(69_000)
    assert store.on and store.charge_j == pytest.approx(80_000 - 69_000)
    store.advance(71_000)
    assert not store.on
    store.advance(90_000)
    assert store.charge_j >= 9_000 - 1e-6  # what is switched off draws nothing
    assert store.switched_off == 1


def test_a_station_comes_back_when_the_sun_has_filled_enough() -> None:
    battery = Battery(capacity_j=100_000, load_w=1.0, floor=0.1, resume=0.2)
    store = Store(battery, [0.0, 86_400.0])
    store.advance(DAY_S)
    assert not store.on
    store.advance(DAY_S + 12_000)
    assert store.on


def test_snow_on_the_panel_takes_all_but_a_twentieth() -> None:
    weather = Weather(harvest_j=1000, variation=0, snow_lies_days=50.0)
    bare = draw_harvest(random.Random(1), weather, [False] * 5)
    assert bare == [1000.0] * 5
    white = draw_harvest(random.Random(1), weather, [False, True, False])
    assert white == [1000.0, 50.0, 50.0]
