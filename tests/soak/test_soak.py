"""Thirty days of a busy trap in minutes: nothing grows but what is meant to, and all is accounted
for.

`make test-soak` runs it, and docs/soak.md tells what it found. The station is a process of its own
with the shipped models, its own lens and sensor, a real broker and a real basecamp.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.health.effort import account
from edge.health.effort_file import read_lines
from edge.health.effort_lines import ARMED, HUNG, decoded
from tests.basecamp.field import Broker
from tests.kit.camp import Camp
from tests.kit.card import counters, disorder, rows
from tests.kit.station import StationFolder
from tests.soak.clock import environment
from tests.soak.sample import Ending, Sample
from tests.soak.valley import (
    BROKER_AWAY,
    FILTER,
    LAMP,
    PIR,
    STORM_DAY,
    STORM_EDGES,
    STORM_S,
    TARGET_EVERY,
    off_s,
)

ROOT = Path(__file__).parents[2]
DAYS = int(os.environ.get("IRBIS_SOAK_DAYS", "30"))
A_DAY = int(os.environ.get("IRBIS_SOAK", "0"))
RATE = 20
"""A burst's seconds pass so many times as fast: the judge has a few seconds for each."""
QUOTA_BYTES = 600_000
REMEMBERED = 300
ID_BYTES = 100
"""What a forgotten burst leaves in the database, at most: its id in a half-full page."""

EFFORT_BYTES = 65_536
"""What ten days add to its log, which grows by so much at a time."""

LENS = f"""
[capture]
camera = "replay"
[capture.picture]
width_px = 320
height_px = 240
[capture.ring]
frames = 1
[capture.burst]
interval_s = 0.8
frames = 6
second_look_s = 30
second_look_frames = 1
[capture.pacing]
tail_s = 1.5
[capture.light]
lamp = {{ backend = "rpi-gpio", line = {LAMP}, watts = 3, most_j_a_night = 600 }}
filter = {{ out = {{ backend = "rpi-gpio", line = {FILTER} }} }}
[[capture.triggers]]
kind = "gpio"
backend = "rpi-gpio"
line = {PIR}
[[capture.triggers]]
kind = "schedule"
times = ["12:00"]
"""

pytestmark = [
    pytest.mark.skipif(not A_DAY, reason="takes many minutes; to run it: make test-soak"),
    pytest.mark.timeout(7200),
]

MakeStation = Callable[..., StationFolder]


def growth(days: Sequence[Sample], of: Callable[[Sample], int]) -> float:
    """How much more there was in the last ten days than in the ten before; the medians."""
    return statistics.median(map(of, days[20:])) - statistics.median(map(of, days[10:20]))


def station_with_lens(make_station: MakeStation, broker: Broker, memory: Path) -> StationFolder:
    folder = make_station(
        str(broker.address),
        uplink={"heartbeat_s": 3600, "ack_timeout_s": 60.0, "backoff_max_s": 300.0},
        spool={"path": str(memory / "spool"), "max_bytes": QUOTA_BYTES,
               "remembered_bursts": REMEMBERED},
    )  # fmt: skip
    lens = LENS.replace('"replay"', f'"replay"\npath = {json.dumps(str(memory / "lens.jpg"))}')
    folder.config_path.write_text(folder.config_path.read_text() + lens)
    return folder


def live(folder: StationFolder, memory: Path, broker: Broker) -> tuple[list[Sample], Ending]:
    """The station's month; the broker is away for some days of each ten."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    words = [sys.executable, "-m", "tests.soak.month", folder.config_path, memory]
    days: list[Sample] = []
    with subprocess.Popen(
        [*map(str, words), str(memory / "lens.jpg"), str(DAYS), str(A_DAY)],
        stdout=subprocess.PIPE,
        text=True,
        env={
            **environment(memory, today - timedelta(days=DAYS + 1), RATE),
            "OPENBLAS_NUM_THREADS": "1",
        },
        cwd=ROOT,
    ) as month:
        assert month.stdout is not None
        for line in month.stdout:
            print(line, end="")
            if len(days) == DAYS:
                ending = Ending(**json.loads(line))
                continue
            days.append(Sample(**json.loads(line)))
            if days[-1].day % 10 == BROKER_AWAY[0]:
                broker.kill()
            elif days[-1].day % 10 == BROKER_AWAY[1]:
                broker.start()
    assert month.returncode == 0
    return days, ending


def test_nothing_grows_in_a_month_and_all_is_accounted_for(
    make_station: MakeStation, broker: Broker, camp: Camp, memory: Path
) -> None:
    folder = station_with_lens(make_station, broker, memory)
    with camp.serving(broker):
        days, ending = live(folder, memory, broker)
    spool = memory / "spool"
    assert [one.day for one in days] == list(range(1, DAYS + 1))
    assert days[-1].hurried == 0
    if DAYS >= 30:
        nothing_grows(days)
    storage_stays_in_bounds(days, spool)
    every_firing_is_accounted_for(ending, spool)
    effort_adds_up(ending, spool)
    assert len({one.selftest for one in days}) >= DAYS - 1
    at_basecamp(folder, camp, ending, spool)


def nothing_grows(days: Sequence[Sample]) -> None:
    assert growth(days, lambda one: one.rss_bytes) < 4_000_000
    assert growth(days, lambda one: one.descriptors) <= 1
    assert growth(days, lambda one: one.threads) <= 0
    # Ids of forgotten bursts, and effort's hours, are all that is meant to grow.
    bursts = (days[-1].bursts - days[9].bursts) / 2
    assert growth(days, lambda one: one.state_bytes) <= bursts * ID_BYTES + EFFORT_BYTES
    # What is told is told of bursts, and of what went wrong; no more in the end than before.
    lines = [one.journal_lines for one in days]
    assert lines[29] - lines[19] < 1.2 * (lines[19] - lines[9])


def storage_stays_in_bounds(days: Sequence[Sample], spool: Path) -> None:
    assert max(one.evidence_bytes for one in days) <= QUOTA_BYTES
    assert rows(spool, "SELECT count(*) FROM bursts")[0][0] <= REMEMBERED + QUOTA_BYTES // 4096
    assert disorder(spool) == []


def every_firing_is_accounted_for(ending: Ending, spool: Path) -> None:
    lens, noons = ending.lens, DAYS
    assert lens["fired"] + lens["firings_lost"] == ending.edges + noons
    fates = ("taken_in", "bounced", "passed_over", "stale", "missed")
    assert sum(lens[fate] for fate in fates) == lens["fired"] + lens["second_looks"]
    assert counters(spool)["bursts"] == lens["bursts_taken"]
    storms = sum(day % 10 == STORM_DAY for day in range(DAYS))
    assert lens["storms"] == storms
    # 30 at a stretch and 30 an hour, of one sensor (edge.capture.trigger.storm).
    assert lens["passed_over"] >= storms * (STORM_EDGES // 2)
    bound = storms * (30 + 30 * STORM_S / 3600)
    assert lens["bursts_taken"] - lens["second_looks"] <= ending.visits * 2 + noons + bound


def effort_adds_up(ending: Ending, spool: Path) -> None:
    """To the month, from the first minute to the last; armed but while the lens was off."""
    effort = account(decoded(read_lines(spool)))
    print(f"effort: {effort.wall_s} s of {ending.seconds:.0f}, {effort.seconds()}")
    assert effort.wall_s == pytest.approx(ending.seconds, abs=120)
    blind = {state: seconds for state, seconds in effort.seconds().items() if state != ARMED}
    blind.pop("starting", 0)
    # A machine that is busy elsewhere for half a second is so for ten seconds of the month, and
    # those may come on top of a jump.
    assert blind.pop(HUNG, 0) <= 600
    assert set(blind) <= {"camera"}
    assert blind.get("camera", 0) == pytest.approx(off_s(DAYS), rel=0.05)
    assert effort.counts()["fired"] == ending.lens["fired"]


def at_basecamp(folder: StationFolder, camp: Camp, ending: Ending, spool: Path) -> None:
    targets = -(-ending.visits // TARGET_EVERY)
    sighted = [one.burst_id for one in camp.sightings(folder.id) if one.target]
    assert len(sighted) == len(set(sighted)) == counters(spool)["target"]
    assert targets <= len(sighted) <= 2 * targets
