"""`irbis bench radio` counts what real records take, and nothing else."""

from __future__ import annotations

import json

import pytest

from edge.wire.air.frame import OVERHEAD_BYTES
from tests.wire.vectors import load
from tools.bench import radio
from tools.cli import main


@pytest.fixture(scope="module")
def report() -> dict:
    return radio.as_json(radio.Supply(volts=3.0, transmit_ma=100.0))


def test_the_sizes_are_those_of_the_published_vectors(report: dict) -> None:
    sealed = {
        name: len(bytes.fromhex(load(file)[place]["bytes"])) + OVERHEAD_BYTES
        for name, file, place in (
            ("sighting", "air-sighting", 0),
            ("alert", "air-sighting", 1),
            ("heartbeat", "air-heartbeat", 0),
            ("acknowledgement", "air-acknowledgement", 0),
        )
    }
    assert {name: report[f"{name}_bytes"] for name in sealed} == sealed
    assert report["beacon_bytes"] == 11


def test_what_must_fit_the_slowest_rate_of_eu868_does(report: dict) -> None:
    slowest = report["regions"]["EU868"][0]
    assert slowest["data_rate"] == 0
    for name in ("sighting", "alert", "heartbeat"):
        assert report[f"{name}_bytes"] <= slowest["payload_bytes"] == 51
        assert slowest[f"{name}_s"] is not None


def test_a_verifiable_flank_of_2_kb_takes_at_most_2_3_kb(report: dict) -> None:
    if "flank_2k_payload_bytes" not in report:
        pytest.skip("the erasure code is not installed")
    assert 1900 <= report["flank_2k_picture_bytes"] <= 2048
    assert report["flank_2k_payload_bytes"] <= 2300


def test_airtime_is_lora_s_and_energy_follows_from_it(report: dict) -> None:
    slowest = report["regions"]["EU868"][0]
    assert slowest["heartbeat_s"] == 2.7935  # 51 bytes at SF12, 125 kHz
    assert slowest["news_joules"] == pytest.approx(3.0 * 0.1 * slowest["sighting_s"], abs=1e-4)


def test_where_no_sighting_fits_the_first_news_is_a_beacon(report: dict) -> None:
    slowest = report["regions"]["US915"][0]
    assert slowest["payload_bytes"] == 11
    assert slowest["sighting_s"] is None
    assert slowest["beacon_s"] == 0.3707
    assert slowest["news_joules"] == pytest.approx(0.3 * 0.3707, abs=1e-4)


def test_the_command_prints_both_for_people_and_for_programs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "radio", "--json", "--volts", "5"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "irbis.bench.radio/1"
    assert found["assumed"] == {"volts": 5.0, "transmit_ma": 115.0}
    assert main(["bench", "radio"]) == 0
    shown = capsys.readouterr().out
    assert f"sighting{found['sighting_bytes']:>16} B" in shown
    assert "EU868        DR0" in shown


def test_a_supply_without_power_is_bad_usage() -> None:
    with pytest.raises(SystemExit) as left:
        main(["bench", "radio", "--volts", "0"])
    assert left.value.code == 2
