"""A station that catches by itself: real cameras and triggers, up to the judged burst."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from edge.capture.camera.gstreamer import PROGRAM
from edge.capture.trigger.storm import StormTerms
from edge.capture.triggered import TriggeredSource
from edge.health.controller_events import Sensed, SensedKind
from edge.lens import open_lens
from edge.records import ClockQuality
from edge.station import Station
from edge.triage.glances import Glances
from edge.vision.decode import Pixels
from firmware_bridge.mcu import PirEvent
from firmware_bridge.simulators.controller import SimulatedController
from tests.basecamp.field import Broker, eventually
from tests.faults.lens import told_after_self_test
from tests.kit.camp import Camp
from tests.kit.card import disorder, rows
from tests.kit.pictures import jpeg, meadow, zebra
from tests.kit.station import Notes, StationFolder
from tests.station.test_run import running

MakeStation = Callable[..., StationFolder]

REPLAY = 'camera = "replay"\npath = "{pictures}"\n'
TEST_PATTERN = """\
camera = "gstreamer"
pipeline = "videotestsrc is-live=true pattern=ball ! video/x-raw,framerate=20/1"
"""
QUICK = """\
[capture.burst]
interval_s = 0.1
frames = 6
[capture.ring]
frames = 2
seconds = 0.4
[capture.pacing]
debounce_s = 0
tail_s = 0.4
[capture.picture]
width_px = 320
height_px = 240
small_width_px = 64
small_height_px = 48
"""
STORMY = """\
[capture.storm]
most_bursts = 1
per_hour = 60
calm_s = 60
"""
BUTTON = '[[capture.triggers]]\nkind = "test"\n'
EVERY_SECOND = '[[capture.triggers]]\nkind = "schedule"\nevery_s = 1\n'
CONTROLLER = '[[capture.triggers]]\nkind = "controller"\n'

with_gstreamer = pytest.mark.skipif(
    shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed"
)


def equipped(folder: StationFolder, camera: str, *triggers: str) -> StationFolder:
    """The station with a lens of its own, before pictures in which a zebra stands in each third."""
    pictures = folder.folder / "pictures"
    pictures.mkdir()
    for number in range(3):
        (pictures / f"{number}.jpg").write_bytes(jpeg(meadow(1) if number else zebra(1)))
    lens = "[capture]\n" + camera.format(pictures=pictures) + QUICK + "".join(triggers)
    with folder.config_path.open("a") as file:
        file.write(lens)
    return folder


def takes_pictures(station: Station) -> bool:
    """Whether a burst is being taken that has a picture: one that was only called for has none."""
    source = station.lens.source
    assert isinstance(source, TriggeredSource)
    return source.so_far() is not None


def test_bursts_by_the_clock_are_taken_judged_and_told(
    make_station: MakeStation, broker: Broker, camp: Camp
) -> None:
    # Patient, for on a busy machine it would say that basecamp is silent.
    made = make_station(str(broker.address), uplink={"ack_timeout_s": 60.0})
    folder = equipped(made, REPLAY, EVERY_SECOND)
    notes = Notes()
    with camp.serving(broker), Station(folder.config, notes):
        eventually(lambda: len(camp.sightings(folder.id)) >= 1, "the sighting arrives")
        eventually(lambda: len(notes.captures) >= 2, "and another burst is taken")
    assert notes.troubles == []
    assert notes.targets


def test_a_test_shot_is_a_burst_with_pictures_from_before_it(make_station: MakeStation) -> None:
    folder = equipped(make_station(), REPLAY, BUTTON)
    text = folder.config_path.read_text()
    # As long as it takes on a busy machine: the burst is over with its sixth picture.
    folder.config_path.write_text(text.replace("tail_s = 0.4", "tail_s = 10"))
    notes = Notes()
    with Station(folder.config, notes) as station:
        eventually(lambda: station.lens.counters()["fired"] == 0, "the lens is there")
        assert station.test_shot()
        eventually(lambda: len(notes.verdicts) == 1, "it is judged")
    assert 1 < len(next(iter(notes.verdicts.values())).frames) <= 6
    assert notes.troubles == []


def test_small_pictures_come_to_triage_with_their_burst_and_go_with_it(
    make_station: MakeStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []
    put = Glances.put

    def heard(store: Glances, burst_id: str, glances: Mapping[int, Pixels]) -> None:
        put(store, burst_id, glances)
        told.append((len(glances), store.size_bytes))

    monkeypatch.setattr(Glances, "put", heard)
    folder = equipped(make_station(), REPLAY, BUTTON)
    notes = Notes()
    with Station(folder.config, notes) as station:
        eventually(lambda: station.lens.counters()["fired"] == 0, "the lens is there")
        assert station.test_shot()
        eventually(lambda: len(notes.verdicts) == 1, "it is judged")
        assert station._glances.size_bytes == 0
    (one,) = told
    frames = len(next(iter(notes.verdicts.values())).frames)
    assert one == (frames, frames * 64 * 48 * 3)


def test_a_folder_takes_no_test_shot(make_station: MakeStation, tmp_path: Path) -> None:
    folder = make_station(capture={"path": str(tmp_path)})
    with Station(folder.config, Notes()) as station:
        assert not station.test_shot()


def test_the_controllers_sensor_sets_the_lens_off(make_station: MakeStation) -> None:
    with SimulatedController() as device:
        folder = make_station(controller={"port": device.path})
        equipped(folder, REPLAY, CONTROLLER)
        notes = Notes()
        with Station(folder.config, notes) as station:
            eventually(lambda: device.waiting == 0, "the controller is reached")
            device.pir()
            eventually(lambda: len(notes.captures) == 1, "a burst is taken")
            assert station.lens.counters()["fired"] == 1


def test_a_storm_of_a_sensor_costs_the_station_a_bounded_number_of_bursts(
    make_station: MakeStation, tmp_path: Path
) -> None:
    folder = make_station(controller={"port": str(tmp_path / "nothing")})
    equipped(folder, REPLAY, CONTROLLER, STORMY)
    notes = Notes()
    hot = Sensed(SensedKind.PIR, None, ClockQuality.UNSET, PirEvent(1, 1, 1, None))
    with Station(folder.config, notes) as station:
        begun_s = time.monotonic()
        for _ in range(50):
            for _ in range(40):
                station.lens.sensed(hot)
            time.sleep(0.05)
        eventually(lambda: station.lens.counters()["fired"] == 2000, "all were heard")
        eventually(lambda: "sensor-storm" in station.spool.ledger.alarms(), "it is an alarm")
        stormed = station.lens.counters()
        lasted_s = time.monotonic() - begun_s
        station.test_shot()
        eventually(
            lambda: station.lens.counters()["bursts_taken"] > stormed["bursts_taken"],
            "somebody who tests gets a burst",
        )
        assert told_after_self_test(station) == {"sensor-storm"}
    assert 1 <= stormed["bursts_taken"] <= StormTerms(1, 60, calm_s=60).bound(lasted_s)
    assert stormed["passed_over"] > 0
    assert sum("fires too often" in line for line in notes.troubles) == 1


def test_what_is_being_taken_as_the_station_ends_is_brought_in(make_station: MakeStation) -> None:
    folder = equipped(make_station(), REPLAY, BUTTON)
    text = folder.config_path.read_text()
    long = text.replace("tail_s = 0.4", "tail_s = 15").replace("frames = 6", "frames = 1000")
    folder.config_path.write_text(long)
    notes = Notes()
    with Station(folder.config, notes) as station:
        station.test_shot()
        eventually(lambda: takes_pictures(station), "a burst is being taken")
        assert notes.captures == []
    assert len(notes.captures) == 1
    assert _disorder(folder) == []


def test_a_burst_that_found_no_room_as_the_station_ends_is_tried_once_more(
    make_station: MakeStation,
) -> None:
    lens = open_lens(equipped(make_station(), REPLAY, BUTTON).config, lambda _: None)
    tries = iter([False, True, False])  # no room, but room was made; stored; nothing is left
    lens.end(lambda: next(tries, False))
    assert next(tries, None) is None


@with_gstreamer
def test_a_pipeline_gives_bursts_and_one_that_dies_is_opened_anew(
    make_station: MakeStation,
) -> None:
    folder = equipped(make_station(), TEST_PATTERN, BUTTON)
    notes = Notes()
    with Station(folder.config, notes) as station:
        alarms = station.spool.ledger.alarms
        station.test_shot()
        eventually(lambda: len(notes.captures) == 1, "a burst is stored")
        before, faults = _pipelines(), station.lens.counters()["camera_faults"]
        for process in before:
            os.kill(process, signal.SIGKILL)
        eventually(lambda: station.lens.counters()["camera_faults"] > faults, "it is noticed")
        eventually(lambda: bool(_pipelines() - before), "it is opened anew")
        eventually(lambda: "no-camera" not in alarms(), "no alarm stands")
        station.test_shot()
        eventually(lambda: len(notes.captures) == 2, "it catches again")


@with_gstreamer
def test_a_camera_that_is_not_there_is_one_alarm_and_one_line(make_station: MakeStation) -> None:
    nothing = 'camera = "gstreamer"\npipeline = "filesrc location=/nothing ! jpegdec"\n'
    folder = equipped(make_station(), nothing, BUTTON)
    notes = Notes()
    with Station(folder.config, notes) as station:
        alarms = station.spool.ledger.alarms
        eventually(lambda: "no-camera" in alarms(), "the alarm is raised")
        eventually(lambda: len(notes.troubles) >= 1, "somebody is told")
        station.test_shot()
        eventually(lambda: station.lens.counters()["missed"] == 1, "what it missed is counted")
        assert told_after_self_test(station) == {"no-camera"}
    assert len(notes.troubles) == 1


def test_a_killed_daemon_loses_no_burst_that_it_called_stored(make_station: MakeStation) -> None:
    folder = equipped(make_station(), REPLAY, BUTTON)
    with running(folder) as (process, log):
        process.send_signal(signal.SIGUSR1)
        eventually(lambda: b"frames stored" in log.read_bytes(), "a burst is stored")
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.7)  # another is under way, or lies on the card already
        process.kill()
        process.wait()
    stored = log.read_bytes().count(b"frames stored")
    with running(folder) as (process, log):
        process.terminate()
        assert process.wait(90) == 0
    ((kept,),) = rows(folder.spool_path, "SELECT count(*) FROM bursts")
    assert kept >= stored
    assert _disorder(folder) == []


def test_a_killed_daemon_keeps_what_it_had_of_a_burst_that_went_on(
    make_station: MakeStation,
) -> None:
    folder = equipped(make_station(), REPLAY, BUTTON)
    text = folder.config_path.read_text()
    long = text.replace("tail_s = 0.4", "tail_s = 15").replace("frames = 6", "frames = 1000")
    folder.config_path.write_text(long)
    with running(folder) as (process, log):
        process.send_signal(signal.SIGUSR1)
        eventually(lambda: _growing_bytes(folder) > 0, "what there is, is stored")
        process.kill()
        process.wait()
    assert b"frames stored" not in log.read_bytes()
    with running(folder) as (process, log):
        process.terminate()
        assert process.wait(90) == 0
    ((frames,),) = rows(folder.spool_path, "SELECT frame_count FROM bursts")
    assert frames >= 2  # one picture at least, and that it was cut short
    assert _disorder(folder) == []


def _growing_bytes(folder: StationFolder) -> int:
    return sum(path.stat().st_size for path in folder.spool_path.glob("evidence/*/*.growing"))


def _disorder(folder: StationFolder) -> list[str]:
    """But for what waits to be judged or sent."""
    waits = ("still captured", "waiting for basecamp")
    found = disorder(folder.spool_path)
    return [line for line in found if not any(word in line for word in waits)]


def _pipelines() -> set[int]:
    """The pipelines that this process has started."""
    found = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-f", PROGRAM], capture_output=True, text=True
    )
    return {int(word) for word in found.stdout.split()}
