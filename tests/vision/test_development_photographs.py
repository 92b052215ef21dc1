"""What the shipped models do on real photographs, with the thresholds of docs/accuracy.md.

The bounds are well below what was measured, so that a change that costs leopards is seen.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from edge.config import Triage
from edge.records import ObservationType
from edge.vision.evidence import Evidence
from edge.vision.eyes import Eyes
from edge.vision.triage import judge

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not (DATA / "snow_leopard").is_dir(), reason="the development photographs are not here"
)
POLICY = Triage(target_mass=0.2, doubt_mass=0.05)


@pytest.fixture(autouse=True)
def without_crops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crops and codes are made once the verdict stands, and take five times as long."""
    monkeypatch.setattr("edge.vision.triage.of_target", lambda *_, **__: Evidence())


def bursts(folder: str, table: str, key: str) -> list[list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    with (DATA / folder / table).open(newline="") as rows:
        for row in csv.DictReader(rows):
            group = row[key] if key != "file" else row["file"].rsplit("_", 1)[0]
            found[group].append((DATA / folder / table).parent / row["file"])
    return [sorted(paths) for paths in found.values()]


def test_four_of_five_bursts_of_snow_leopards_are_found_and_hardly_any_is_lost(eyes: Eyes) -> None:
    sample = bursts("snow_leopard", "labels.csv", "burst")[::2]
    verdicts = [judge([p.read_bytes() for p in paths], eyes, POLICY).verdict for paths in sample]
    assert sum(v.target for v in verdicts) >= 0.8 * len(sample)
    lost = sum(v.observation_type is ObservationType.BLANK for v in verdicts)
    assert lost <= 0.05 * len(sample)


def test_bare_rock_is_no_leopard(eyes: Eyes) -> None:
    sample = bursts("snow_leopard", "plates/plates.csv", "file")[::2]
    for paths in sample:
        assert not judge([p.read_bytes() for p in paths], eyes, POLICY).verdict.target
