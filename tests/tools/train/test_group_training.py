"""`irbis train --only groups`, from a labelled folder to a head that a station opens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.vision.groups import load_group_head
from models.registry import ModelEntry, load_registry
from tools.cli import main
from tools.train.groups import training


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "GENTLE", replace(training.GENTLE, steps=3, batch=8))


def trained(valley: Path, out: Path, *words: str) -> ModelEntry:
    """The group head in ``out`` after the command."""
    command = f"train --data {valley} --out {out} --only groups --name valley"
    assert main([*command.split(), *words]) == 0
    return load_registry(out / "registry.toml").default("groups")


def test_a_labelled_folder_becomes_a_registered_head_judged_at_other_stations(
    valley: Path, tmp_path: Path
) -> None:
    entry = trained(valley, tmp_path / "out", "--hold-out", "0/2")
    assert entry.name == "valley-groups"
    load_group_head(entry, entry.read(), entry.input.shape[-1])
    card = entry.card_path.read_text(encoding="utf-8")
    assert entry.sha256 in card and "| held-out looks of |" in card


def test_with_nothing_held_out_the_card_says_so(valley: Path, tmp_path: Path) -> None:
    entry = trained(valley, tmp_path / "out", "--hold-out", "none")
    card = entry.card_path.read_text(encoding="utf-8")
    assert "Nothing was held out" in card and "held-out looks" not in card
