"""The power may go at any moment of a first boot: the next start takes in all of it."""

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
ASKED = os.environ.get("IRBIS_POWER_CUTS")
POINTS = min(300, int(ASKED or 0))
MISSING = (
    what_is_missing() if ASKED else "mounts file systems; to run it: sudo make test-power-cuts"
)

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


def cut_power(folder: Path, *options: str) -> dict[str, Any]:
    """What tests.power_cuts.firstboot_campaign prints."""
    program = [sys.executable, "-m", "tests.power_cuts.firstboot_campaign", str(folder)]
    done = subprocess.run([*program, str(POINTS), *options], stdout=-1, cwd=ROOT, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.timeout(600)
def test_a_first_boot_that_is_cut_off_is_gone_on_with(memory: Path) -> None:
    found = cut_power(memory)
    print(json.dumps(found))
    assert found["images"] > 20
    assert (found["wrong"], found["found"]) == (0, [])


@pytest.mark.timeout(600)
def test_a_first_boot_that_clears_before_it_keeps_is_found_out(memory: Path) -> None:
    assert cut_power(memory, "--hasty")["wrong"] > 0
