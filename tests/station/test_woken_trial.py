"""A woken station stays awake, after an update, until it has tested itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.health import selftest_stage
from edge.health.memory_file import MemoryFile
from edge.station import Station
from firmware_bridge.simulators.controller import SimulatedController
from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.station import Notes, StationFolder
from tests.station.test_woken import a_zebra_passes, device, folder, off_s

__all__ = ["device", "folder", "off_s"]


@pytest.mark.parametrize("on_trial", [True, False])
def test_on_trial_the_cycle_lasts_until_the_self_test_has_run(
    folder: StationFolder,
    device: SimulatedController,
    broker: Broker,
    camp: Camp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    on_trial: bool,
) -> None:
    # Long after the cycle could be over.
    monkeypatch.setattr(selftest_stage, "FIRST_S", 10.0 if on_trial else 3600.0)
    monkeypatch.setattr(selftest_stage, "_TOLD_S", 0.1)
    monkeypatch.setattr("edge.station.on_trial", lambda: on_trial)
    a_zebra_passes(device, tmp_path, 1)
    with camp.serving(broker), Station(folder.config, Notes()) as station:
        eventually(lambda: station.ended, "the cycle is over")
    found = json.loads(MemoryFile(folder.spool_path / selftest_stage.RESULTS).load() or b"null")
    assert (found is not None) == on_trial
