"""Thirty days of a busy trap in minutes: nothing grows but what is meant to.

`make test-soak` runs it, and docs/soak.md tells what it found. The station is a process of its own
with the shipped models, a real broker and a real basecamp.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.basecamp.field import Broker
from tests.kit.camp import Camp
from tests.kit.card import counters, disorder, rows
from tests.kit.station import StationFolder
from tests.soak.month import TARGET_EVERY, Sample

ROOT = Path(__file__).parents[2]
DAYS = 30
A_DAY = int(os.environ.get("IRBIS_SOAK", "0"))
WARM_DAYS = 10
"""By then models, caches and the database's log have the size that they keep."""
QUOTA_BYTES = 400_000
REMEMBERED = 500
ID_BYTES = 100
"""What a forgotten burst leaves in the database, at most: its id in a half-full page."""

pytestmark = [
    pytest.mark.skipif(not A_DAY, reason="takes many minutes; to run it: make test-soak"),
    pytest.mark.timeout(600 + 2 * DAYS * A_DAY),
]

MakeStation = Callable[..., StationFolder]


def growth(days: Sequence[Sample], of: Callable[[Sample], int]) -> float:
    """How much more there was in the last ten days than in the ten before; the medians."""
    middle, last = days[WARM_DAYS : 2 * WARM_DAYS], days[2 * WARM_DAYS :]
    return statistics.median(map(of, last)) - statistics.median(map(of, middle))


def a_day_more(days: Sequence[Sample], of: Callable[[Sample], int]) -> float:
    """The slope after the warm-up, by least squares."""
    warm = days[WARM_DAYS:]
    return statistics.linear_regression([one.day for one in warm], list(map(of, warm))).slope


def test_nothing_grows_in_a_month(
    make_station: MakeStation, broker: Broker, camp: Camp, memory: Path
) -> None:
    folder = make_station(
        str(broker.address),
        uplink={"heartbeat_s": 60},
        spool={"path": str(memory / "spool"), "max_bytes": QUOTA_BYTES,
               "remembered_bursts": REMEMBERED},
    )  # fmt: skip
    program = [sys.executable, "-m", "tests.soak.month", folder.config_path, memory]
    with camp.serving(broker):
        run = subprocess.run(
            [*map(str, program), str(DAYS), str(A_DAY)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            cwd=ROOT,
            check=True,
        )
    print(run.stdout)
    days = [Sample(**json.loads(line)) for line in run.stdout.splitlines()]
    bursts = DAYS * A_DAY
    assert [one.day for one in days] == list(range(1, DAYS + 1))

    assert growth(days, lambda one: one.rss_bytes) < 8_000_000
    assert growth(days, lambda one: one.descriptors) <= 1
    assert growth(days, lambda one: one.threads) <= 0
    # The month goes on while one runs, so that the next is due a little later each day.
    assert days[-1].selftests >= 0.6 * DAYS
    assert max(one.evidence_bytes for one in days) <= QUOTA_BYTES
    # Ids of forgotten bursts are all that is meant to grow.
    assert a_day_more(days, lambda one: one.state_bytes) <= A_DAY * ID_BYTES + 4096
    # A line for each burst, one more for each that is acknowledged; no more in the end than before.
    lines = [one.journal_lines for one in days]
    assert lines[-1] - lines[19] < 1.2 * (lines[19] - lines[9])

    spool = memory / "spool"
    counted = counters(spool)
    assert counted["bursts"] == bursts
    assert counted["target"] == -(-bursts // TARGET_EVERY)
    assert rows(spool, "SELECT count(*) FROM bursts")[0][0] <= REMEMBERED + QUOTA_BYTES // 4096
    sighted = [one.burst_id for one in camp.sightings(folder.id) if one.target]
    assert len(sighted) == len(set(sighted)) == counted["target"]
    assert disorder(spool) == []
