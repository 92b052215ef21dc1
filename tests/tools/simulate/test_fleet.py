"""A fleet over days: what must hold whatever the dice say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge.uplink.radio.regions_tables import EU868, REGIONS
from edge.uplink.schedule.values import ValueClass
from tools.cli import main
from tools.simulate.audit import GATEWAY, HOUR, Held
from tools.simulate.cell import Cell
from tools.simulate.regions import as_table
from tools.simulate.running import simulate
from tools.simulate.settings import Battery, Fleet, Radio, Traffic, Weather
from tools.simulate.station import Counters, Happening, encoded
from tools.simulate.summary import as_markdown, summary
from tools.simulate.tally import Tally

QUICK = Traffic(quick_answers=True)
CALM = Radio(snr_db=60, shadowing_db=0, fading=False, outage_days=0)
MAINS = Battery(load_w=0.0)
QUIET = Fleet(stations=1, days=20, radio=CALM, battery=MAINS, traffic=QUICK)


def ran(fleet: Fleet) -> Tally:
    return simulate(fleet, 1, lambda done, total: None)


def test_without_loss_everything_arrives_at_once_and_is_sent_once() -> None:
    tally = ran(QUIET)
    assert tally.outcomes
    assert {one.transmissions for one in tally.outcomes} == {1}
    assert tally.collided + tally.faded + tally.gateway_away + tally.duplicates == 0
    latest = max(one.latency_s or 1e9 for one in tally.outcomes)
    assert latest < 10


def test_an_answer_that_comes_with_the_next_uplink_takes_a_second_one_at_least() -> None:
    """A quarter of an hour without another uplink, and the news are said again."""
    tally = ran(replace(QUIET, traffic=Traffic()))
    news = [one for one in tally.outcomes if one.value is not ValueClass.TELEMETRY]
    beats = [one for one in tally.outcomes if one.value is ValueClass.TELEMETRY]
    assert news and {one.transmissions for one in news} <= {1, 2}
    assert max(one.latency_s or 1e9 for one in news) < 10
    assert {one.transmissions for one in beats} == {1}  # a heartbeat is said once
    assert tally.duplicates == sum(one.transmissions - 1 for one in news)
    assert tally.answers == pytest.approx(tally.transmissions, abs=1)


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
    assert 0.75 < tally.limits[HOUR].share <= 1.0
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


def test_snow_on_the_panels_takes_stations_off_the_air() -> None:
    """A panel that brings twice what is drawn, on a battery of two days."""
    battery = Battery(capacity_j=100_000, load_w=0.5)
    bare = Weather(harvest_j=86_400, variation=0.0, snow_per_day=0.0)
    fleet = replace(QUIET, stations=5, days=60, battery=battery, weather=bare)
    assert ran(fleet).switched_off == 0
    white = ran(replace(fleet, weather=replace(bare, snow_per_day=0.3, snow_lies_days=4.0)))
    assert white.switched_off >= 5
    assert len(white.first_off_s) == 5 and min(white.first_off_s) > 86_400


def test_a_battery_without_sun_lasts_as_long_as_its_load_says() -> None:
    """From 80 % to 10 % of 100 kJ at half a watt: 140 000 s, hardly less with a calm radio."""
    battery = Battery(capacity_j=100_000, load_w=0.5)
    tally = ran(replace(QUIET, stations=3, battery=battery, weather=Weather(harvest_j=0.0)))
    assert tally.first_off_s == pytest.approx([140_000] * 3, rel=0.001)
    found = summary(replace(QUIET, stations=3), tally, 0.1)
    assert found["first_off_days"] == pytest.approx(1.62, abs=0.01)
    assert found["half_off_days"] == pytest.approx(1.62, abs=0.01)
    assert "The first was empty after 2 days, half of all stations after 2" in as_markdown(found)


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


def test_a_rule_that_was_broken_is_cried_out() -> None:
    tally = Tally(limits={HOUR: Held(36.5, 36.0), GATEWAY: Held(1.0, None)})
    found = summary(Fleet(), tally, 0.1)
    page = as_markdown(found)
    assert "busiest hour 36.50 s of 36 s, TOO MUCH (101%)" in page
    assert "gateway's busiest hour 1.00 s (no limit)" in page
    assert "36.50 s of 36 s, TOO MUCH" in as_table({"EU868": found})


def test_the_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", "--stations", "4", "--days", "3", "--jobs", "1"]
    assert main([*words, "--out", str(tmp_path / "fleet")]) == 0
    page = capsys.readouterr().out
    assert "4 stations, 3 days, EU868, seed 1" in page
    assert "busiest hour" in page and "of 36 s" in page
    assert main([*words, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    written = json.loads((tmp_path / "fleet" / "summary.json").read_text())
    assert {**printed, "took_s": 0} == {**written, "took_s": 0}
    for name in ("latency", "airtime", "bytes", "joules", "delivered"):
        assert (tmp_path / "fleet" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_tells_of_every_region_in_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", "--stations", "2", "--days", "2", "--jobs", "1", "--region", "every"]
    assert main(words) == 0
    page = capsys.readouterr().out
    for name in REGIONS:
        assert page.count(f"| {name} |") == 2
    assert main([*words, "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == list(REGIONS)


def test_fair_use_is_told_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", "--stations", "2", "--days", "3", "--jobs", "1", "--cats", "40"]
    assert main([*words, "--fair-use", "--json"]) == 0
    fair = json.loads(capsys.readouterr().out)
    assert 0.5 < fair["limits"]["busiest 24 hours"]["share"] <= 1
    assert fair["most_answers_a_day"] <= 11
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["most_answers_a_day"] > 11


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--stations", "0"], "0 stations: 1 to"),
        (["--days", "0"], "more than 0"),
        (["--region", "MARS"], "no region 'MARS'"),
        (["--per-gateway", "0"], "at least one station"),
        (["--cats", "-1"], "--cats: 0 or more"),
        (["--battery", "nan"], "--battery: 0 or more"),
    ],
)
def test_a_fleet_that_cannot_be_is_one_line(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *words]) == 1
    assert told in capsys.readouterr().err
