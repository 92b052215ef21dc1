"""The camera goes in the middle of a burst: what it took is kept and judged, one alarm stands until
it is back, and the station stays armed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.station import Station
from tests.basecamp.field import eventually
from tests.faults.lens import told_after_self_test
from tests.kit.card import disorder, rows
from tests.kit.station import Notes, StationFolder
from tests.station.test_lens import BUTTON, REPLAY, equipped, takes_pictures

MakeStation = Callable[..., StationFolder]
NO_CAMERA = "no-camera"


@pytest.fixture
def folder(make_station: MakeStation) -> StationFolder:
    """A station whose bursts go on until somebody ends them: for ten seconds."""
    made = equipped(make_station(), REPLAY, BUTTON)
    text = made.config_path.read_text()
    long = text.replace("tail_s = 0.4", "tail_s = 10").replace("frames = 6", "frames = 1000")
    made.config_path.write_text(long)
    return made


def test_a_camera_that_is_unplugged_in_mid_burst_costs_no_frame_that_was_taken(
    folder: StationFolder, tmp_path: Path
) -> None:
    pictures, away = folder.folder / "pictures", tmp_path / "away"
    notes = Notes()
    with Station(folder.config, notes) as station:
        alarms = station.spool.ledger.alarms
        eventually(lambda: station.lens.counters()["fired"] == 0, "the lens is there")
        station.test_shot()
        eventually(lambda: takes_pictures(station), "a burst is being taken")
        shutil.move(pictures, away)
        eventually(lambda: len(notes.verdicts) == 1, "what was taken is stored and judged")
        eventually(lambda: NO_CAMERA in alarms(), "the alarm is raised")
        assert told_after_self_test(station) == {NO_CAMERA}
        assert station.failure is None

        def told() -> list[str]:
            return [line for line in notes.troubles if "camera" in line.lower()]

        eventually(lambda: bool(told()), "somebody is told")
        assert len(told()) == 1
        shutil.move(away, pictures)
        eventually(lambda: NO_CAMERA not in alarms(), "the alarm ends with the cause")
        station.test_shot()
        eventually(lambda: takes_pictures(station), "it catches again")
    assert len(notes.captures) == 2  # the second was brought in as the station ended
    ((frames,), *_) = rows(folder.spool_path, "SELECT frame_count FROM bursts ORDER BY seq")
    assert frames >= 1
    left = disorder(folder.spool_path)
    assert [line for line in left if "waiting" not in line and "captured" not in line] == []
