"""`irbis bench power`: from a site to joules and days, and never without saying what is assumed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edge.health.energy_boards import BOARDS
from tools.bench import power
from tools.bench.power_options import Site
from tools.bench.power_table import table
from tools.cli import main

WARM = Site(celsius=25)
MODES = ("always-armed", "woken")


def of(report: dict[str, Any], board: str, mode: str, case: str = "worst") -> dict[str, Any]:
    return report["boards"][board][mode][case]


def test_every_board_is_there_in_both_modes_and_cases():
    report = json.loads(json.dumps(power.as_json(Site())))
    assert set(report["boards"]) == {"pi-zero2", "pi4", "pi5", "orin-nano"} == set(BOARDS)
    for modes in report["boards"].values():
        assert set(modes) == set(MODES)
        for cases in modes.values():
            assert cases["best"]["day_wh"] < cases["worst"]["day_wh"]


def test_a_zero_that_waits_all_day_can_be_computed_by_hand():
    report = power.as_json(Site(events=0, heartbeats=0, celsius=25, panel_w=0), ["pi-zero2"])
    # 0.6 W through a converter of 85 %, and 0.03 W of the controller's; 80 of 100 Wh.
    load_w = 0.6 / 0.85 + 0.03
    found = of(report, "pi-zero2", "always-armed")
    assert found["day_wh"] == pytest.approx(24 * load_w, abs=1e-3)
    assert found["days_without_sun"] == pytest.approx(80 / 24 / load_w, abs=0.01)
    assert found["days"] == found["days_without_sun"]


def test_a_woken_zero_without_events_draws_what_its_controller_does():
    report = power.as_json(Site(events=0, heartbeats=0), ["pi-zero2"])
    assert of(report, "pi-zero2", "woken")["day_wh"] == pytest.approx(24 * 0.03)


def test_what_draws_nothing_lasts_without_an_end():
    report = power.as_json(Site(events=0, heartbeats=0, controller_w=0), ["pi-zero2"])
    found = of(report, "pi-zero2", "woken")
    assert (found["days_without_sun"], found["days"]) == (None, None)
    json.dumps(report, allow_nan=False)


def test_an_event_is_the_sum_of_its_steps():
    event = of(power.as_json(Site()), "pi-zero2", "woken")["events"]["target"]
    assert list(event["steps"]) == ["boot", "catch", "think", "speak", "wait", "off"]
    for unit, tolerance in (("seconds", 0.1), ("joules", 0.05)):
        total = sum(step[unit] for step in event["steps"].values())
        assert event[unit] == pytest.approx(total, abs=tolerance)


def test_cold_takes_its_part_of_the_battery_and_the_sun_its_share_of_the_load():
    assert power.as_json(WARM)["site"]["usable_wh"] == 80
    assert power.as_json(Site(celsius=-20))["site"]["usable_wh"] == 40
    assert power.as_json(Site(panel_w=10, sun_hours=2))["harvest_wh"] == 14


def days(site: Site, board: str = "pi-zero2") -> float:
    found = of(power.as_json(site, [board]), board, "always-armed")["days"]
    return float("inf") if found is None else found


def test_more_battery_more_sun_and_fewer_events_never_shorten_the_stay():
    by_battery = [days(Site(battery_wh=wh)) for wh in (20, 50, 100, 400)]
    by_sun = [days(Site(panel_w=watts)) for watts in (0, 5, 10, 20)]
    by_quiet = [days(Site(events=events)) for events in (3000, 300, 30, 0)]
    for found in (by_battery, by_sun, by_quiet):
        assert found == sorted(found)
        assert found[0] < found[-1]


def test_a_lamp_and_a_thirsty_link_cost():
    plain = days(Site(panel_w=0))
    assert days(Site(panel_w=0, lamp_w=10, events=300)) < days(Site(panel_w=0, events=300))
    assert days(Site(panel_w=0, link="cellular", heartbeats=48)) < plain


def test_a_person_reads_the_site_both_modes_and_that_nothing_was_measured():
    text = "\n".join(table(power.as_json(Site(events=4000))))
    assert "battery: 100 Wh of li-ion at 0 C" in text
    assert "Assumptions, not measurements" in text
    assert "no end" in text
    assert "of the events fit into a day" in text
    for board in BOARDS:
        assert f"{board:<11}always-armed" in text
        assert f"{board:<11}woken" in text


def test_the_command_takes_the_site_from_its_options(capsys: pytest.CaptureFixture[str]):
    options = ["--battery-wh", "50", "--chemistry", "lifepo4", "--celsius", "-20", "--panel-w", "0"]
    asked = ["--link", "cellular", "--board", "pi5", "--events", "12", "--json"]
    assert main(["bench", "power", *options, *asked]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == power.SCHEMA
    assert list(report["boards"]) == ["pi5"] == list(report["assumed"]["boards"])
    for assumed in (report["assumed"]["link"], report["assumed"]["boards"]["pi5"]):
        assert assumed["source"]
        assert set(assumed["best"]) == set(assumed["worst"])
    assert report["site"] == {
        **report["site"],
        "battery_wh": 50,
        "chemistry": "lifepo4",
        "usable_wh": 20,
        "events": 12,
        "link": "cellular",
    }
    assert report["harvest_wh"] == 0


def test_what_was_measured_takes_the_place_of_what_is_assumed(capsys: pytest.CaptureFixture[str]):
    measured = ["--measured", "armed_w=0.5", "--measured", "boot_s=9"]
    assert main(["bench", "power", "--board", "pi-zero2", "--json", *measured]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["site"]["measured"] == {"armed_w": 0.5, "boot_s": 9}
    for case in power.CASES:
        armed = of(report, "pi-zero2", "always-armed", case)
        assert armed["resting_w"] == pytest.approx(0.5 / 0.85 + 0.03, abs=1e-4)
        woken = of(report, "pi-zero2", "woken", case)
        assert woken["events"]["other"]["steps"]["boot"]["seconds"] == 9


def test_what_cannot_be_measured_together_fails_with_the_way_out(
    capsys: pytest.CaptureFixture[str],
):
    assert main(["bench", "power", "--board", "pi-zero2", "--measured", "armed_w=50"]) == 1
    assert "--measured what the other states take" in capsys.readouterr().err


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]):
    assert main(["bench", "power", "--board", "pi-zero2"]) == 0
    assert "pi-zero2" in capsys.readouterr().out


@pytest.mark.parametrize(
    "option",
    [
        ("--battery-wh", "0"),
        ("--battery-wh", "lots"),
        ("--target-share", "1.5"),
        ("--sun-hours", "25"),
        ("--panel-w", "-1"),
        ("--events", "nan"),
        ("--board", "pi3"),
        ("--measured", "idle=1"),
        ("--measured", "armed_w"),
    ],
)
def test_what_no_site_can_have_is_bad_usage(option: tuple[str, str]):
    with pytest.raises(SystemExit) as bad:
        main(["bench", "power", *option])
    assert bad.value.code == 2


def test_a_measurement_of_an_unknown_name_is_told_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
):
    with pytest.raises(SystemExit):
        main(["bench", "power", "--measured", "armed=0.45"])
    assert "armed_w" in capsys.readouterr().err.splitlines()[-1]
