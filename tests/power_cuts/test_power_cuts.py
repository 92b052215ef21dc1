"""The power may go at any moment: what the spool said was done stays done, and is done once.

A real ext4 on a card whose every write and flush is logged; the card is laid anew as it would be
after a cut, mounted, armed on, and lived on to the end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.power_cuts.recorder import what_is_missing

ROOT = Path(__file__).parents[2]
QUICK = 60
ASKED = os.environ.get("IRBIS_POWER_CUTS")
POINTS = int(ASKED or QUICK)
DAYS = 3 if POINTS < 500 else 9  # a longer life has more moments that differ
# Mounts and loop devices of the machine itself: not beside other work without being asked.
MISSING = (
    what_is_missing() if ASKED else "mounts file systems; to run it: sudo make test-power-cuts"
)

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


def cut_power(folder: Path, points: int, weakness: str = "none") -> dict[str, Any]:
    """What tests.power_cuts.campaign prints."""
    program = [sys.executable, "-m", "tests.power_cuts.campaign", str(folder), str(points)]
    options = ["--seed=2107", f"--days={DAYS}", f"--weakness={weakness}"]
    run = subprocess.run(
        [*program, *options],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.mark.timeout(120 + POINTS)
def test_nothing_durable_is_lost_or_doubled_and_every_start_succeeds(memory: Path) -> None:
    found = cut_power(memory, POINTS)
    print(json.dumps({name: found[name] for name in ("points", "images", "entries", "flushes")}))
    assert found["points"] == POINTS
    assert found["images"] > POINTS / 2
    counters = found["expected"]["counters"]
    assert counters.pop("given_up") > 0
    a_day = {"bursts": 8, "frames": 16, "animal": 4, "target": 2, "blank": 4, "acknowledged": 6}
    assert counters == {name: count * DAYS for name, count in a_day.items()}
    assert found["expected"]["disorder"] == []
    assert (found["wrong"], found["found"]) == (0, [])


@pytest.mark.parametrize("weakness", ["synchronous=OFF", "synchronous=NORMAL", "files unsynced"])
def test_a_spool_that_does_not_sync_is_found_out(memory: Path, weakness: str) -> None:
    assert cut_power(memory, QUICK // 2, weakness)["wrong"] > 0
