"""The power may go at any moment of a whole station's life: no burst is lost, none is doubled, and
every start succeeds.

The real station on a real ext4, with real models' answers, a real broker and a real basecamp. Each
card that a cut may leave is mounted, and the station is armed on it, delivers, and is examined.
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
from tests.power_cuts.whole.field import A_DAY, DAYS, TARGET_EVERY

ROOT = Path(__file__).parents[2]
ASKED = os.environ.get("IRBIS_POWER_CUTS")
POINTS = int(ASKED or 40)
WEAK_POINTS = 20
# Mounts and loop devices of the machine itself: not beside other work without being asked.
MISSING = (
    what_is_missing() if ASKED else "mounts file systems; to run it: sudo make test-power-cuts"
)

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


def cut_power(folder: Path, points: int, weakness: str = "none") -> dict[str, Any]:
    """What tests.power_cuts.whole.campaign prints."""
    program = [sys.executable, "-m", "tests.power_cuts.whole.campaign", str(folder), str(points)]
    run = subprocess.run(
        [*program, "--seed=2107", f"--weakness={weakness}"],
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        cwd=ROOT,
        check=True,
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.mark.timeout(600 + 3 * POINTS)
def test_no_burst_is_lost_or_doubled_and_every_start_succeeds(memory: Path) -> None:
    found = cut_power(memory, POINTS)
    print(json.dumps({name: found[name] for name in found if name != "found"}))
    bursts, targets = A_DAY * DAYS, A_DAY * DAYS // TARGET_EVERY
    assert found["cards"] > POINTS * 0.8
    # What was cut is a whole life: all of it captured, judged, sent, configured and given up.
    counted = {name: found["counters"][name] for name in ("bursts", "target")}
    assert counted == {"bursts": bursts, "target": targets}
    assert found["counters"]["given_up"] > 0
    assert found["deeds"]["grown"] == bursts // 2
    assert found["deeds"]["configured"] == DAYS - 1
    assert found["deeds"]["acknowledged"] > 2 * targets
    assert (found["wrong"], found["found"]) == (0, [])


@pytest.mark.timeout(900)
@pytest.mark.parametrize("weakness", ["synchronous=OFF", "files unsynced"])
def test_a_station_that_does_not_sync_is_found_out(memory: Path, weakness: str) -> None:
    assert cut_power(memory, WEAK_POINTS, weakness)["wrong"] > 0
