"""A real station that is killed again and again still tells how long it watched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.health.effort import Effort
from edge.health.effort_file import read_lines, read_mark
from tests.basecamp.field import PATIENCE_S, eventually
from tests.kit.pictures import jpeg, meadow
from tests.kit.station import StationFolder
from tools.effort import read_effort

ROOT = Path(__file__).parents[2]
MakeStation = Callable[..., StationFolder]
KILLS = 2
SLACK_S = 2
"""Seconds are whole."""


@pytest.fixture
def station(make_station: MakeStation, tmp_path: Path) -> StationFolder:
    (tmp_path / "pictures").mkdir()
    return make_station(capture={"path": str(tmp_path / "pictures"), "settle_s": 5.1})


@contextmanager
def running(station: StationFolder):
    begun = len(lines(station, "began"))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.station.effort_station", station.config_path],
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    eventually(lambda: len(lines(station, "began")) > begun, "the station writes that it began")
    yield process
    process.communicate(timeout=PATIENCE_S)


def lines(station: StationFolder, kind: str) -> list[str]:
    return [line for line in read_lines(station.spool_path) if line.startswith(kind)]


def states(effort: Effort) -> list[str]:
    return [one.state for one in effort.intervals]


def marked_as(station: StationFolder, state: str) -> None:
    """Wait until a running station has written down that it is in this state."""
    eventually(lambda: state in states(read_effort(station.spool_path)), f"a mark says {state}")


def test_kill_9_costs_what_lies_after_the_last_mark_and_nothing_else(station):
    begun_s, began_s = time.monotonic(), None
    for _ in range(KILLS):
        with running(station) as process:
            began_s = began_s or time.monotonic()
            marked = read_mark(station.spool_path)
            eventually(lambda: read_mark(station.spool_path) != marked, "a mark")  # noqa: B023
            process.kill()
        time.sleep(1.1)  # a gap is told in whole seconds
    with running(station) as process:
        lived_s = time.monotonic() - began_s
        process.send_signal(signal.SIGTERM)
    passed_s = time.monotonic() - begun_s
    effort = read_effort(station.spool_path)
    assert states(effort).count("crash") == KILLS
    assert effort.wall_s == sum(one.length_s or 0 for one in effort.intervals)
    # Processes take their time to begin and to end, and on a busy machine a long one.
    assert lived_s - SLACK_S <= effort.wall_s <= passed_s + SLACK_S
    assert effort.armed_s >= KILLS
    assert effort.off_s == 0


def test_the_heartbeat_tells_the_hours(make_station, card):
    with make_station().replaying(card) as (station, _):
        assert station._heartbeat is not None
        beat = station._heartbeat
        eventually(lambda: {"armed_s", "blind_s"} <= dict(beat.read().counters).keys(), "hours")


def test_a_folder_that_goes_away_is_a_blind_camera(station, tmp_path):
    with running(station) as process:
        (tmp_path / "pictures").rename(tmp_path / "gone")
        marked_as(station, "camera")
        process.send_signal(signal.SIGTERM)
    assert "camera" in states(read_effort(station.spool_path))


def test_a_full_spool_is_a_gap_with_that_name(station, tmp_path):
    config = station.config_path
    config.write_text(config.read_text().replace("[spool]", "[spool]\nmax_bytes = 100000"))
    with running(station) as process:
        picture = jpeg(meadow(1)) + bytes(200_000)
        (tmp_path / "pictures" / "a.jpg").write_bytes(picture)
        eventually(lambda: full(station, process), "the spool is full")
    assert "card-full" in states(read_effort(station.spool_path))


def full(station: StationFolder, process: subprocess.Popen) -> bool:
    assert process.stderr is not None
    for line in process.stderr:
        if b"waits for room" in line:
            marked_as(station, "card-full")
            process.send_signal(signal.SIGTERM)
            return True
    return False
