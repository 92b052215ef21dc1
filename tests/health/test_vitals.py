"""Temperature and battery, from a folder laid out as the kernel lays out /sys/class."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.health.vitals import read_vitals
from edge.records import Vitals


def put(system: Path, **files: str) -> None:
    for name, text in files.items():
        path = system / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_board_without_sensors_tells_nothing(tmp_path):
    assert read_vitals(tmp_path / "absent") == Vitals()


@pytest.mark.parametrize(("text", "celsius"), [("48312\n", 48.312), ("-11500\n", -11.5)])
def test_the_kernel_s_millidegrees_become_degrees(text, celsius, tmp_path):
    put(tmp_path, thermal__thermal_zone0__temp=text)
    assert read_vitals(tmp_path) == Vitals(temperature_c=celsius)


def test_the_kernel_s_microvolts_become_millivolts(tmp_path):
    put(
        tmp_path,
        power_supply__bat__type="Battery\n",
        power_supply__bat__voltage_now="3871200\n",
    )
    assert read_vitals(tmp_path) == Vitals(battery_mv=3871)


def test_mains_are_no_battery(tmp_path):
    put(tmp_path, power_supply__ac__type="Mains\n", power_supply__ac__voltage_now="5000000\n")
    assert read_vitals(tmp_path) == Vitals()


def test_the_first_sensor_that_answers_counts(tmp_path):
    put(
        tmp_path,
        thermal__thermal_zone0__temp="",
        thermal__thermal_zone1__temp="21000\n",
        thermal__thermal_zone2__temp="99000\n",
    )
    assert read_vitals(tmp_path) == Vitals(temperature_c=21.0)


@pytest.mark.parametrize("text", ["", "-", "--5", "warm", "12.5", "1e3", "\u0663"])
def test_a_sensor_that_tells_no_number_is_passed_over(text, tmp_path):
    put(tmp_path, thermal__thermal_zone0__temp=text)
    assert read_vitals(tmp_path) == Vitals()
