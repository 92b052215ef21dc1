"""`irbis train --only groups`, from a labelled folder to a head that a station opens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.vision.groups import load_group_head
from models.registry import ModelEntry, load_registry
from tools.cli import main

pytestmark = pytest.mark.usefixtures("short_fits")


def trained(valley: Path, out: Path, *words: str) -> ModelEntry:
    """The group head in ``out`` after the command."""
    command = f"train --data {valley} --out {out} --only groups --name valley"
    assert main([*command.split(), *words]) == 0
    return load_registry(out / "registry.toml").default("groups")


def card_of(entry: ModelEntry) -> str:
    """The words of its card, on one line."""
    return " ".join(entry.card_path.read_text(encoding="utf-8").split())


def test_a_labelled_folder_becomes_a_registered_head_judged_at_other_stations(
    valley: Path, tmp_path: Path
) -> None:
    entry = trained(valley, tmp_path / "out", "--hold-out", "0/2")
    assert entry.name == "valley-groups"
    load_group_head(entry, entry.read(), entry.input.shape[-1])
    assert entry.sha256 in card_of(entry) and "| held-out looks of |" in card_of(entry)


def test_with_nothing_held_out_the_card_says_so(valley: Path, tmp_path: Path) -> None:
    card = card_of(trained(valley, tmp_path / "out", "--hold-out", "none"))
    assert "Nothing was held out" in card and "held-out looks" not in card


def test_the_card_says_what_was_learnt_from_and_nothing_that_the_run_cannot_know(
    valley: Path, tmp_path: Path
) -> None:
    card = card_of(trained(valley, tmp_path / "out", "--hold-out", "0/2"))
    assert "4 photographs of valley" in card and "ImageNet" in card
    assert "with which it began" in card
    assert "Fewer than 50 of: Panthera uncia" in card
    for unknown in ("docs/accuracy.md", "ibex"):
        assert unknown not in card


def test_trained_again_in_the_same_folder_it_begins_with_the_shipped_head(
    valley: Path, tmp_path: Path
) -> None:
    alone = trained(valley, tmp_path / "alone", "--hold-out", "1/2")
    trained(valley, tmp_path / "twice", "--hold-out", "0/2")
    again = trained(valley, tmp_path / "twice", "--hold-out", "1/2")
    assert again.sha256 == alone.sha256


def test_a_few_pictures_do_not_move_where_a_target_is_called(valley: Path, tmp_path: Path) -> None:
    entry = trained(valley, tmp_path / "out")
    shipped = load_registry().default("groups")
    with np.load(entry.path) as ours, np.load(shipped.path) as theirs:
        assert ours["offset"] == theirs["offset"]
    assert "to choose one, it takes 400" in card_of(entry)
