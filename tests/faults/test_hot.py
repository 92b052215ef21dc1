"""At 85 C judging rests, catching does not, and one alarm says so until the box has cooled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import edge.board
from edge.health.energy_heat import ALARM
from edge.health.vitals import read_vitals
from edge.station import Station
from tests.basecamp.field import eventually
from tests.faults.lens import HeldLens, bursts_on, told_after_self_test, told_of
from tests.kit.pictures import lay_card
from tests.kit.station import Notes, StationFolder

MakeStation = Callable[..., StationFolder]


@pytest.fixture
def thermometer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the kernel tells a processor's temperature, in thousandths of a degree."""
    zone = tmp_path / "sys" / "thermal" / "thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("45000\n")
    monkeypatch.setattr(edge.board, "read_vitals", partial(read_vitals, tmp_path / "sys"))
    return zone / "temp"


def test_a_hot_station_catches_on_and_judges_when_it_has_cooled(
    make_station: MakeStation, thermometer: Path, tmp_path: Path
) -> None:
    bursts = bursts_on(lay_card(tmp_path / "pictures", 4, target_every=2))
    notes, lens = Notes(), HeldLens()
    thermometer.write_text("86000\n")
    with Station(make_station().config, notes, lens) as station:
        alarms = station.spool.ledger.alarms
        lens.see(bursts)
        eventually(lambda: ALARM in alarms(), "the alarm is raised")
        eventually(lambda: len(notes.captures) == 4, "it catches on")
        eventually(lambda: len(notes.verdicts) == 1, "what was begun is judged")
        assert told_after_self_test(station) == {ALARM}
        assert len([line for line in notes.troubles if "85 C" in line]) == 1
        assert station.spool.unjudged() == 3
        thermometer.write_text("70000\n")
        eventually(lambda: len(notes.verdicts) == 4, "the rest is judged once it has cooled")
        assert told_of(station) == set()
