"""Every region's rules over a simulated fleet, with numbers and formulas that are not ours."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.util import find_spec

import pytest

from edge.uplink.radio.duty import TTN_FAIR_USE
from edge.uplink.radio.regions_tables import REGIONS
from tools.simulate.audit import CHANNEL, DAY, GATEWAY, HOUR, LONGEST
from tools.simulate.cell import Cell
from tools.simulate.channel import Transmission
from tools.simulate.settings import Battery, Fleet, Radio, Traffic

# Typed in by hand: seconds in any hour; seconds of one frame.
HOURLY_S = {"EU868": 36.0, "RU864": 36.0, "AS923": 36.0, "AS923-dwell": 36.0}
DWELL_S = {"US915": 0.4, "CN470": 1.0, "AS923-dwell": 0.4}
LIMITED = [name for name in REGIONS if name in HOURLY_S]

BUSY = Fleet(
    stations=8,
    days=3,
    per_gateway=8,
    radio=Radio(snr_db=-12.0, outage_days=0.1, up_days=1.0),
    battery=Battery(load_w=0.0),
    traffic=Traffic(cats=60, alerts=6),
)
"""A lens that sees a cat every 24 minutes, and outages after which all of it waits."""


def most_by_trial(sent: list[Transmission], window_s: float) -> float:
    """Every window that begins with a frame, or ends with one; each frame asked how much of it
    lies inside."""
    begins = [one.start_s for one in sent] + [one.end_s - window_s for one in sent]
    return max(
        sum(max(0.0, min(one.end_s, begin + window_s) - max(one.start_s, begin)) for one in sent)
        for begin in begins
    )


@cache
def lived(fleet: Fleet) -> tuple[Cell, list[list[Transmission]]]:
    """A cell after its days; several tests look at one life of it."""
    cell = Cell(fleet, 0, fleet.stations)
    cell.run()
    return cell, cell.sent


@pytest.mark.parametrize("name", REGIONS)
def test_no_station_breaks_a_rule_in_any_window(name: str) -> None:
    cell, stations = lived(replace(BUSY, region_name=name))
    limits = cell.tally.limits
    busiest_s = max(most_by_trial(sent, 3600.0) for sent in stations)
    assert limits[HOUR].most_s == pytest.approx(busiest_s, abs=1e-6)
    assert limits[HOUR].allowed_s == HOURLY_S.get(name)
    if name in HOURLY_S:
        assert 0 < busiest_s <= HOURLY_S[name]
    longest_s = max(one.end_s - one.start_s for sent in stations for one in sent)
    if name in DWELL_S:
        assert limits[LONGEST].most_s == pytest.approx(longest_s)
        assert limits[LONGEST].allowed_s == DWELL_S[name]
        assert longest_s <= DWELL_S[name]
    assert all(held.share <= 1 for held in limits.values())


def test_where_time_on_a_channel_is_limited_modems_hop() -> None:
    cell, stations = lived(replace(BUSY, region_name="US915"))
    for sent in stations:
        for channel in {one.channel for one in sent}:
            assert most_by_trial([one for one in sent if one.channel == channel], 20.0) <= 0.4
    assert cell.tally.limits[CHANNEL].allowed_s == 0.4


@pytest.mark.parametrize("name", LIMITED)
def test_gateways_answer_within_their_own_hour(name: str) -> None:
    cell, _ = lived(replace(BUSY, region_name=name))
    limit_s = 36.0 if name != "EU868" else cell.tally.limits[GATEWAY].allowed_s
    assert limit_s in (36.0, 360.0)  # EU868 answers in 869.4 to 869.65 MHz, too: a tenth
    assert 0 < cell.tally.limits[GATEWAY].most_s <= limit_s


def test_fair_use_holds_in_any_day() -> None:
    cell, stations = lived(replace(BUSY, fair_use=TTN_FAIR_USE))
    busiest_s = max(most_by_trial(sent, 86_400.0) for sent in stations)
    assert 25.0 < busiest_s <= 30.0
    assert cell.tally.limits[DAY].most_s == pytest.approx(busiest_s, abs=1e-6)
    assert cell.tally.limits[DAY].allowed_s == 30.0
    # Basecamp makes ten at most; one of the day before may have waited for an uplink until today.
    assert 0 < cell.tally.most_answers_a_day <= 11


def lora_s(phy_bytes: int, spreading_factor: int, bandwidth_hz: int) -> float:
    """Semtech AN1200.13, written out once more: header, CRC, 4/5, a preamble of 8."""
    symbol_s = (1 << spreading_factor) / bandwidth_hz
    saving = 1 if symbol_s > 0.016 else 0
    bits = 8 * phy_bytes - 4 * spreading_factor + 28 + 16
    blocks = max(0, -(-bits // (4 * (spreading_factor - 2 * saving))))
    return (8 + 4.25 + 8 + blocks * 5) * symbol_s


@pytest.mark.parametrize("name", REGIONS)
def test_every_frame_was_on_the_air_as_long_as_the_formulas_say(name: str) -> None:
    cell, _ = lived(replace(BUSY, region_name=name))
    checked = 0
    for station in cell.stations:
        rate = station.place.rate
        for story in station.told:
            if not story.transmissions:
                continue
            phy_bytes = story.sent_bytes // story.transmissions + 13
            each_s = story.airtime_ms / story.transmissions / 1000
            expected_s = lora_s(phy_bytes, rate.spreading_factor, rate.bandwidth_hz)
            assert each_s == pytest.approx(expected_s, abs=1e-9)
            assert each_s == pytest.approx(
                theirs_s(phy_bytes, rate.spreading_factor, rate.bandwidth_hz)
            )
            checked += 1
    assert checked > 100


def theirs_s(phy_bytes: int, spreading_factor: int, bandwidth_hz: int) -> float:
    """What pamoja-lora says, where it is installed."""
    if find_spec("pamoja") is None:
        return lora_s(phy_bytes, spreading_factor, bandwidth_hz)
    from pamoja import lora

    airtime_us: int = lora.link(spreading_factor, bandwidth_hz).airtime_us(phy_bytes)
    return airtime_us / 1e6
