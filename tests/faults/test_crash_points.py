"""A process that ends just before or just after any durable step loses and doubles nothing.

The steps are those of both ends, station and basecamp: every fsync, rename, removal and commit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.kit.pictures import lay_card

ROOT = Path(__file__).parents[2]


def crash(folder: Path, card: Path, *options: str) -> list[dict[str, Any]]:
    """What tests.faults.crash_points prints."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.faults.crash_points", folder, card, *options],
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        cwd=ROOT,
        check=True,
    )
    return [json.loads(line) for line in run.stdout.splitlines()]


def complaints(lines: list[dict[str, Any]]) -> list[list[str]]:
    return [line["complaints"] for line in lines if "complaints" in line]


def test_at_every_durable_step(memory: Path, tmp_path: Path) -> None:
    lines = crash(memory / "field", lay_card(tmp_path / "card", 3))
    steps = [line["name"] for line in lines if "name" in line]
    assert {"before commit", "after fsync", "before rename", "amid writing"} <= set(steps)
    assert len(steps) > 80
    assert complaints(lines) == [[]] * len(steps)


def test_at_two_steps_one_after_the_other(memory: Path, tmp_path: Path) -> None:
    lines = crash(memory / "field", lay_card(tmp_path / "card", 3), "40", "2107")
    assert complaints(lines) == [[]] * 40
