"""`irbis replay`, killed at random instants, ends as if nobody had touched it.

Real broker, real basecamp, real models. The replayed card is brought again after each kill; a
replay that comes to its end is examined, and a new station begins, until KILLS kills have hit.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.basecamp.field import Broker
from tests.kit.camp import Camp
from tests.kit.card import counters, disorder, rows
from tests.kit.pictures import lay_card
from tests.kit.station import StationFolder

SEEDS = (288, 289)
KILLS = int(os.environ.get("IRBIS_TEST_KILLS", "200")) // len(SEEDS)
"""Kills for each seed. IRBIS_TEST_KILLS sets the number over all seeds."""
BURSTS = 8
TARGET_EVERY = 4
ROOT = Path(__file__).parents[2]

MakeStation = Callable[..., StationFolder]
Start = Callable[..., "Life"]


class Life:
    """One run of `irbis`, from its fork to its end."""

    def __init__(self, zygote: subprocess.Popen[str], *arguments: str) -> None:
        assert zygote.stdin is not None
        self._zygote = zygote
        zygote.stdin.write(json.dumps(arguments) + "\n")
        zygote.stdin.flush()
        self.pid = self._answer()

    def kill(self) -> None:
        """SIGKILL to the whole process group; one that has ended cannot be hit any more."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def end(self) -> int:
        """Wait; the exit status."""
        return self._answer()

    def _answer(self) -> int:
        assert self._zygote.stdout is not None
        return int(self._zygote.stdout.readline())


@pytest.fixture
def start(tmp_path: Path, memory: Path) -> Iterator[Start]:
    """``start(*arguments)``: an `irbis` process."""
    zygote = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.zygote", tmp_path / "irbis.log"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        cwd=ROOT,
    )
    yield lambda *arguments: Life(zygote, *arguments)
    zygote.kill()
    zygote.communicate()


def replay(station: StationFolder, card: Path) -> tuple[str, ...]:
    report = str(station.folder / "report.json")
    return ("replay", str(card), "--config", str(station.config_path), "--report", report)


def verdicts(station: StationFolder) -> dict[str, Any]:
    """Every burst's name with what the report says of it."""
    report = json.loads((station.folder / "report.json").read_text())
    fields = ("observation_type", "target", "target_score", "species", "count", "side", "kept")
    return {
        entry["burst"]: [entry[field] for field in fields] + [len(entry["frames"])]
        for entry in report["bursts"]
    }


def targets(station: StationFolder) -> list[str]:
    return [name for name, found in verdicts(station).items() if found[1]]


def counted(station: StationFolder) -> dict[str, int]:
    """What was counted. How many heartbeats went out depends on how often a station was begun."""
    found = counters(station.spool_path)
    return {name: count for name, count in found.items() if name != "acknowledged"}


def examine(station: StationFolder, camp: Camp, calm: StationFolder) -> None:
    """All that must be as in the undisturbed run."""
    assert verdicts(station) == verdicts(calm)
    assert disorder(station.spool_path) == []
    assert counted(station) == counted(calm)
    assert rows(station.spool_path, "SELECT count(*) FROM bursts WHERE state = 'judged'") == [
        (BURSTS,)
    ]
    sighted = Counter(sighting.burst_id for sighting in camp.sightings(station.id))
    assert sighted == Counter(sighting.burst_id for sighting in camp.sightings(calm.id))
    assert set(sighted.values()) == {1}
    assert camp.pictures(station.id) == camp.pictures(calm.id)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_replay_killed_again_and_again_loses_and_doubles_nothing(
    seed: int,
    start: Start,
    make_station: MakeStation,
    broker: Broker,
    camp: Camp,
    tmp_path: Path,
) -> None:
    card = lay_card(tmp_path / "card", BURSTS, target_every=TARGET_EVERY)
    chance = random.Random(seed)
    with camp.serving(broker):
        calm = make_station(str(broker.address), "calm")
        undisturbed = start(*replay(calm, card))
        began_s = time.monotonic()
        assert undisturbed.end() == 0
        # Long enough to get on between two kills, and now and then to come to an end, however slow
        # this machine is at present: it follows what comes of it.
        longest_life_s = (time.monotonic() - began_s) / 2
        assert len(targets(calm)) == BURSTS // TARGET_EVERY
        kills = 0
        while kills < KILLS:
            station = make_station(str(broker.address), f"harried-{kills}")
            while True:
                life = start(*replay(station, card))
                time.sleep(chance.uniform(0, longest_life_s))
                if kills < KILLS:
                    life.kill()
                status = life.end()
                if status != -signal.SIGKILL:
                    break
                kills += 1
                longest_life_s *= 1.02
            longest_life_s *= 0.8
            assert status == 0, (tmp_path / "irbis.log").read_text()
            examine(station, camp, calm)
