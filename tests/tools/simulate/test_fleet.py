"""A fleet over days: what must hold whatever the dice say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge.uplink.radio.regions_tables import EU868
from edge.uplink.schedule.values import ValueClass
from tools.cli import main
from tools.simulate.cell import Cell, Tally
from tools.simulate.running import simulate
from tools.simulate.settings import Battery, Fleet, Radio, Traffic
from tools.simulate.station import Counters, Happening, encoded
from tools.simulate.summary import as_markdown, summary

CALM = Radio(snr_db=60, shadowing_db=0, fading=False, outage_days=0)
MAINS = Battery(load_w=0.0)
QUIET = Fleet(stations=1, days=20, radio=CALM, battery=MAINS)


def ran(fleet: Fleet) -> Tally:
    return simulate(fleet, 1, lambda done, total: None)


def test_without_loss_everything_arrives_at_once_and_is_sent_once() -> None:
    tally = ran(QUIET)
    assert tally.outcomes
    assert {one.transmissions for one in tally.outcomes} == {1}
    assert tally.collided + tally.faded + tally.gateway_away + tally.duplicates == 0
    latest = max(one.latency_s or 1e9 for one in tally.outcomes)
    assert latest < 10


def test_airtime_bytes_and_joules_are_those_of_the_formula() -> None:
    traffic = Traffic(cats=0, alerts=0)
    tally = ran(replace(QUIET, traffic=traffic))
    airtime_ms = EU868.data_rate(6).airtime_ms(51)
    for one in tally.outcomes:
        assert (one.value, one.sent_bytes, one.airtime_ms) == (ValueClass.TELEMETRY, 51, airtime_ms)
        assert one.joules == pytest.approx(0.38 * airtime_ms / 1000 + 0.05)
    assert 38 <= len(tally.outcomes) <= 41  # two a day


def test_with_loss_everything_still_arrives_unless_it_happened_at_the_very_end() -> None:
    radio = Radio(snr_db=-30, shadowing_db=0, least_margin_db=3.0, outage_days=0)
    tally = ran(replace(QUIET, stations=20, radio=radio))
    assert tally.faded > 0.3 * tally.transmissions
    news = [one for one in tally.outcomes if one.value is not ValueClass.TELEMETRY]
    assert all(one.latency_s is not None for one in news)
    assert tally.duplicates > 0  # lost answers; told once all the same


def test_an_outage_delays_and_loses_nothing() -> None:
    radio = replace(CALM, up_days=2.0, outage_days=1.0)
    tally = ran(replace(QUIET, stations=10, radio=radio))
    assert tally.gateway_away
    news = [one for one in tally.outcomes if one.value is not ValueClass.TELEMETRY]
    assert all(one.latency_s is not None for one in news)
    assert max(one.latency_s or 0 for one in news) > 3600


def test_where_cats_fill_the_hour_the_regulation_holds_and_alerts_still_pass() -> None:
    """A cat every two minutes at the slowest rate, where an hour holds about fifteen."""
    radio = replace(CALM, snr_db=-30, least_margin_db=5.0)
    traffic = Traffic(cats=700, alerts=12)
    tally = ran(replace(QUIET, days=0.25, radio=radio, traffic=traffic))
    assert 0.75 < tally.most_airtime_share <= 1.0
    late = {
        kind: [one.latency_s or 1e9 for one in tally.outcomes if one.value is kind]
        for kind in (ValueClass.ALERT, ValueClass.NEW_CAT)
    }
    assert late[ValueClass.ALERT] and max(late[ValueClass.ALERT]) < 60
    assert max(late[ValueClass.NEW_CAT]) > 3600


def test_a_dark_month_switches_stations_off_and_counts_what_they_missed() -> None:
    battery = Battery(capacity_j=20_000)
    tally = ran(replace(QUIET, stations=5, battery=battery, traffic=Traffic(cats=5)))
    assert tally.switched_off and tally.missed


def test_the_same_seed_gives_the_same_numbers_on_any_number_of_processes() -> None:
    fleet = Fleet(stations=6, days=5, per_gateway=3)
    alone, together = ran(fleet), simulate(fleet, 2, lambda done, total: None)
    assert alone == together
    assert ran(replace(fleet, seed=2)) != alone


def test_no_counter_is_used_twice_and_a_power_cut_wastes_the_rest_of_a_block() -> None:
    counters = Counters(block=4)
    taken = [counters.take()[1] for _ in range(5)]
    counters.lose_power()
    taken += [counters.take()[1] for _ in range(2)]
    assert taken == [0, 1, 2, 3, 4, 8, 9]


def test_records_are_those_of_the_wire() -> None:
    sizes = {
        value: len(encoded(Happening(5.0, value), 1))
        for value in (
            ValueClass.ALERT,
            ValueClass.NEW_CAT,
            ValueClass.KNOWN_CAT,
            ValueClass.TELEMETRY,
        )
    }
    assert all(size <= 39 for size in sizes.values())
    assert sizes[ValueClass.TELEMETRY] == 39


def test_a_fleet_is_split_over_gateways_without_a_station_lost() -> None:
    assert Fleet(stations=120).cells == [50, 50, 20]
    assert Fleet(stations=3).cells == [3]
    assert len(Cell(Fleet(stations=3, days=1), 0, 3).stations) == 3


def test_a_summary_of_nothing_is_a_summary() -> None:
    found = summary(Fleet(), Tally(), 0.1)
    assert found["news"]["items"] == 0
    assert "| alert | 0 | 0 |" in as_markdown(found)


def test_the_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", "--stations", "4", "--days", "3", "--jobs", "1"]
    assert main([*words, "--out", str(tmp_path / "fleet")]) == 0
    assert "4 stations, 3 days, EU868, seed 1" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    written = json.loads((tmp_path / "fleet" / "summary.json").read_text())
    assert {**printed, "took_s": 0} == {**written, "took_s": 0}
    assert (tmp_path / "fleet" / "latency.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--stations", "0"], "0 stations: 1 to"),
        (["--days", "0"], "more than 0"),
        (["--region", "MARS"], "no region 'MARS'"),
        (["--per-gateway", "0"], "at least one station"),
        (["--cats", "-1"], "0 or more"),
    ],
)
def test_a_fleet_that_cannot_be_is_one_line(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *words]) == 1
    assert told in capsys.readouterr().err
