"""A station that its controller wakes for an event: `irbis run` on the wire of a simulated one."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from edge.health.boot_loop import History, Terms, encode_history
from edge.health.effort_file import read_lines
from edge.health.memory_file import MemoryFile
from edge.safe import ALARM as SAFE
from edge.spool.spool import Spool
from firmware_bridge.mcu import Controller
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.controller import SimulatedController
from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.card import counters, disorder, rows
from tests.kit.pictures import jpeg, zebra
from tests.kit.station import StationFolder
from tests.station.test_lens import CONTROLLER, REPLAY, equipped
from tools.life import STARTS
from tools.run import POWER_OFF

MakeStation = Callable[..., StationFolder]
SPEED = 10.0
"""Of the controller: its 20 s are two."""
STORMY = """\
[capture.storm]
most_bursts = 1
per_hour = 1
calm_s = 3600
"""
CYCLE = {"lull_s": 1.0, "burst_s": 60.0, "most_s": 3600.0, "beat_s": 3600.0}


@pytest.fixture
def device() -> Iterator[SimulatedController]:
    with SimulatedController(speed=SPEED) as simulated:
        yield simulated


@pytest.fixture
def off_s() -> int:
    return 20


@pytest.fixture
def folder(
    make_station: MakeStation,
    broker: Broker,
    device: SimulatedController,
    tmp_path: Path,
    off_s: int,
) -> StationFolder:
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    return make_station(
        str(broker.address),
        capture={"path": str(incoming), "settle_s": 0.2, "poll_s": 0.1, "consume": True},
        controller={"port": device.path},
        power={"chemistry": "li-ion", "capacity_wh": 40.0, "cells": 1, "mode": "woken"},
        **{"power.cycle": {**CYCLE, "off_s": off_s}, "power.draw": {"board": "pi-zero2"}},
    )


def with_a_lens(
    make_station: MakeStation, broker: Broker, device: SimulatedController, *more: str
) -> StationFolder:
    """A woken station before whose own lens a zebra stands, and that its controller sets off."""
    made = make_station(
        str(broker.address),
        controller={"port": device.path},
        power={"chemistry": "li-ion", "capacity_wh": 40.0, "cells": 1, "mode": "woken"},
        **{"power.cycle": {**CYCLE, "off_s": 20}},
    )
    return equipped(made, REPLAY, CONTROLLER, *more)


class Woken:
    """One cycle of `irbis run`, from power to its end."""

    def __init__(self, folder: StationFolder, number: int) -> None:
        self._log = folder.folder / f"log-{number}"
        command = [sys.executable, "-m", "tools.cli", "run", "--config", str(folder.config_path)]
        with self._log.open("wb") as stream:
            self.process = subprocess.Popen(command, stderr=stream)

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def reaches(self, phase: str) -> None:
        eventually(lambda: f"cycle: {phase}" in self.log, f"it comes to {phase}: {self._log}")

    def end(self) -> int:
        try:
            return self.process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            pytest.fail(f"the cycle does not end:\n{self.log}")

    def kill(self) -> None:
        """Take the power."""
        self.process.kill()
        self.process.wait()


@contextmanager
def woken(folder: StationFolder, number: int = 1) -> Iterator[Woken]:
    one = Woken(folder, number)
    try:
        yield one
    finally:
        one.kill()


def a_zebra_passes(device: SimulatedController, tmp_path: Path, number: int) -> None:
    """Before the motion sensor and the camera."""
    (tmp_path / "new.jpg").write_bytes(jpeg(zebra(number)))
    (tmp_path / "new.jpg").rename(tmp_path / "incoming" / f"zebra-{number}.jpg")
    device.pir()


def test_it_catches_thinks_speaks_and_has_its_power_taken(
    folder: StationFolder, broker: Broker, camp: Camp, device: SimulatedController, tmp_path: Path
) -> None:
    with Spool(folder.spool_path, PrivateKey.generate().public_key) as spool:
        spool.ledger.raise_alarm(SAFE, "the run before this one was safe")
    with camp.serving(broker):
        a_zebra_passes(device, tmp_path, 1)
        with woken(folder) as one:
            assert one.end() == POWER_OFF
            phases = [line.split()[-1] for line in one.log.splitlines() if "cycle:" in line]
        eventually(lambda: not device.host_has_power, "the controller takes the power")
        assert len(camp.sightings(folder.id)) == 1
    # A busy machine hears of the motion late, and then catches once more.
    assert phases[0] == "catch"
    assert phases[-3:] == ["think", "speak", "off"]
    counted = counters(folder.spool_path)
    assert counted["cycles"] == 1
    assert counted["cycle_j"] > 0
    assert "cycle_overruns" not in counted
    assert (SAFE,) not in rows(folder.spool_path, "SELECT name FROM alarms")
    device.pir()
    eventually(lambda: device.host_has_power, "the next motion brings the power back")


@pytest.mark.parametrize("off_s", [3000])
def test_motion_while_it_goes_off_is_caught_before_it_does(
    folder: StationFolder, broker: Broker, camp: Camp, device: SimulatedController, tmp_path: Path
) -> None:
    with camp.serving(broker), woken(folder) as one:
        one.reaches("off")
        a_zebra_passes(device, tmp_path, 2)
        ended = one.end()
        sightings = camp.sightings(folder.id)
        if not sightings:
            # It came after the last look: the controller has kept it, and wakes the station anew.
            assert device.waiting
            with woken(folder, 2) as another:
                assert another.end() == POWER_OFF
            sightings = camp.sightings(folder.id)
    assert ended == POWER_OFF
    assert len(sightings) == 1


def test_power_that_goes_at_any_phase_costs_nothing(
    folder: StationFolder, broker: Broker, camp: Camp, device: SimulatedController, tmp_path: Path
) -> None:
    with camp.serving(broker):
        a_zebra_passes(device, tmp_path, 3)
        for number, phase in enumerate(("catch", "think", "speak", "off")):
            with woken(folder, number) as one:
                one.reaches(phase)
                one.kill()
        # All of it: else the controller acts on an order of the last moment, and the next run would
        # be one of a machine without power, to which it never says a word.
        device.brown_out()
        with woken(folder, 9) as one:
            assert one.end() == POWER_OFF
        eventually(lambda: len(camp.sightings(folder.id)) == 1, "the sighting is there, once")
    assert disorder(folder.spool_path) == []
    assert not rows(folder.spool_path, "SELECT item_id FROM outbox WHERE kind = 'sighting'")


def test_in_safe_mode_it_catches_what_woke_it_and_has_its_power_taken(
    folder: StationFolder, broker: Broker, camp: Camp, device: SimulatedController, tmp_path: Path
) -> None:
    starts = MemoryFile(folder.spool_path.parent / STARTS)
    starts.save(encode_history(History(short=5, cycles=Terms().cycles - 1)))
    a_zebra_passes(device, tmp_path, 4)
    with woken(folder) as one:
        assert one.end() == POWER_OFF
    eventually(lambda: not device.host_has_power, "the controller takes the power")
    assert rows(folder.spool_path, "SELECT state FROM bursts") == [("captured",)]
    assert (SAFE,) in rows(folder.spool_path, "SELECT name FROM alarms")
    a_zebra_passes(device, tmp_path, 5)
    eventually(lambda: device.host_has_power, "and brings it back")
    with camp.serving(broker), woken(folder, 2) as another:
        assert another.end() == POWER_OFF
        assert "cycle: think" in another.log, "that was the last safe cycle for now"
    assert rows(folder.spool_path, "SELECT state FROM bursts") == [("judged",)] * 2
    assert (SAFE,) not in rows(folder.spool_path, "SELECT name FROM alarms")


def test_the_edge_that_wakes_a_station_with_a_lens_of_its_own_gets_its_burst(
    make_station: MakeStation, broker: Broker, camp: Camp, device: SimulatedController
) -> None:
    folder = with_a_lens(make_station, broker, device)
    device.pir()  # and the station boots
    with camp.serving(broker), woken(folder) as one:
        assert one.end() == POWER_OFF
        phases = [line.split()[-1] for line in one.log.splitlines() if "cycle:" in line]
        eventually(lambda: len(camp.sightings(folder.id)) == 1, "the sighting is there")
    # A busy machine hears of the motion late, and then catches once more.
    assert phases[0] == "catch"
    assert phases[-3:] == ["think", "speak", "off"]
    assert rows(folder.spool_path, "SELECT state FROM bursts") == [("judged",)]
    assert "controller fired" in one.log
    eventually(lambda: not device.host_has_power, "the controller takes the power")
    device.pir()
    eventually(lambda: device.host_has_power, "the next motion brings the power back")


def test_in_a_storm_it_sleeps_without_its_sensor_until_the_next_sample(
    make_station: MakeStation, broker: Broker, camp: Camp, device: SimulatedController
) -> None:
    folder = with_a_lens(make_station, broker, device, STORMY)
    with closing(SerialPort(device.path)) as port:
        Controller(port, tries=40).set_clock()
    device.pir()
    with camp.serving(broker), woken(folder) as one:
        eventually(lambda: "frames stored" in one.log, "what woke it has its burst")
        device.pir()  # the hot rock again
        assert one.end() == POWER_OFF
    eventually(lambda: not device.host_has_power, "the controller takes the power")
    device.pir()
    time.sleep(0.5)  # five seconds of the controller's
    assert not device.host_has_power, "a hot rock does not wake it any more"
    assert len(rows(folder.spool_path, "SELECT state FROM bursts")) == 1
    assert read_lines(folder.spool_path)[-1].endswith(" storm")
    assert ("sensor-storm",) in rows(folder.spool_path, "SELECT name FROM alarms")
