"""`irbis selftest` before a technician: real station folder, real pty, one table, one exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.health import selftest_stage
from firmware_bridge.lorawan_regions import REGIONS
from firmware_bridge.simulators.controller import SimulatedController
from firmware_bridge.simulators.lorawan_network import NetworkServer
from firmware_bridge.simulators.rak3172 import SimulatedRak3172
from firmware_bridge.simulators.wio_e5 import SimulatedWioE5
from tests.basecamp.field import eventually
from tests.kit.pictures import jpeg, zebra
from tests.kit.station import irbis
from tools.cli import main
from tools.selftest_devices import check_controller, check_modem


@pytest.fixture
def station(make_station, tmp_path):
    (tmp_path / "pictures").mkdir()
    return make_station(capture={"path": str(tmp_path / "pictures")})


def test_a_station_that_is_well_passes_every_part(station):
    run = irbis("selftest", "--config", str(station.config_path))
    assert run.returncode == 0, run.stdout
    assert "passed   models     as stored:" in run.stdout
    assert run.stdout.endswith("no part failed\n")


def test_a_part_that_fails_says_what_to_do_and_ends_with_1(station, capsys):
    (station.folder / "station.key").write_text("irbis-secret-station-1:xxxx")
    assert main(["selftest", "--config", str(station.config_path)]) == 1
    told = capsys.readouterr().out
    assert "failed   keys" in told
    assert "1 of 6 parts failed" in told


def test_a_program_reads_the_same(station, capsys, tmp_path):
    (tmp_path / "pictures").rmdir()
    assert main(["selftest", "--config", str(station.config_path), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["station"], told["state"]) == (
        "irbis.selftest/1",
        "ridge-1",
        "failed",
    )
    assert {one["part"]: one["state"] for one in told["parts"]}["camera"] == "failed"


def test_a_running_station_keeps_what_it_has_in_use(station, card, capsys):
    with station.replaying(card):
        main(["selftest", "--config", str(station.config_path), "--json"])
    told = json.loads(capsys.readouterr().out)
    states = {one["part"]: one["state"] for one in told["parts"]}
    assert states["camera"] == states["spool"] == states["models"] == "untried"
    assert states["keys"] == "passed"
    assert told["running"]


def test_beside_a_running_station_it_says_how_to_test_all(station, card, capsys):
    with station.replaying(card):
        main(["selftest", "--config", str(station.config_path)])
    told = capsys.readouterr().out
    assert "the station has not tested itself yet" in told
    asked = f"irbis selftest --config {station.config_path}"
    assert f"systemctl stop irbis; {asked}; systemctl start irbis" in told


def test_once_it_has_tested_itself_that_stands_below(station, card, capsys, monkeypatch):
    monkeypatch.setattr(selftest_stage, "FIRST_S", 0.0)
    with station.replaying(card):
        eventually((station.spool_path / selftest_stage.RESULTS).exists, "it tests itself")
        main(["selftest", "--config", str(station.config_path)])
    told = capsys.readouterr().out
    assert "the station's own test, " in told


def test_a_lens_takes_a_picture(make_station, tmp_path, capsys):
    (tmp_path / "a.jpg").write_bytes(jpeg(zebra(1)))
    station = make_station(capture={"camera": "replay", "path": str(tmp_path / "a.jpg")})
    text = station.config_path.read_text() + '\n[[capture.triggers]]\nkind = "schedule"\n'
    station.config_path.write_text(text + "every_s = 3600\n")
    main(["selftest", "--config", str(station.config_path), "--json"])
    told = {one["part"]: one for one in json.loads(capsys.readouterr().out)["parts"]}
    assert told["camera"]["state"] == "passed", told["camera"]
    assert "mean" in told["camera"]["detail"]


@pytest.mark.parametrize(
    ("kind", "name"), [(SimulatedRak3172, "rak3172"), (SimulatedWioE5, "wio-e5")]
)
def test_a_modem_that_answers_passes_and_sends_nothing(kind, name):
    network = NetworkServer(lambda *_: None, seed=1)
    with kind(network, REGIONS["EU868"], 1, 100.0) as modem:
        assert check_modem(Path(modem.path), name).state.value == "passed"


def test_a_controller_that_answers_passes():
    with SimulatedController() as controller:
        assert check_controller(Path(controller.path)).state.value == "passed"


def test_a_port_with_nobody_behind_it_fails(monkeypatch):
    import os
    import pty

    ours, theirs = pty.openpty()
    monkeypatch.setattr("tools.selftest_devices.ANSWER_S", 0.05)
    assert check_modem(Path(os.ttyname(theirs)), "rak3172").state.value == "failed"
    os.close(ours)
    os.close(theirs)


def test_a_sensor_on_a_line_that_is_not_there_fails(make_station, tmp_path, capsys):
    """The camera's answer alone would let a technician leave a trap that nothing sets off."""
    (tmp_path / "a.jpg").write_bytes(jpeg(zebra(1)))
    station = make_station(capture={"camera": "replay", "path": str(tmp_path / "a.jpg")})
    text = station.config_path.read_text() + '\n[[capture.triggers]]\nkind = "gpio"\n'
    station.config_path.write_text(text + 'line = "NO_SUCH_LINE"\n')
    assert main(["selftest", "--config", str(station.config_path), "--json"]) == 1
    told = {one["part"]: one for one in json.loads(capsys.readouterr().out)["parts"]}
    assert told["camera"]["state"] == "passed"
    assert told["sensor"]["state"] == "failed"
    assert "NO_SUCH_LINE" in told["sensor"]["detail"]
