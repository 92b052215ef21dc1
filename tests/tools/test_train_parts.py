"""A network is fitted and registered from a folder of labelled photographs."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is only there to fit networks")

from tools.train.parts import __main__ as command


def labelled(folder: Path) -> Path:
    home = folder / "leopard_identities"
    home.mkdir(parents=True)
    lines = ["file,identity,view"]
    for number in range(4):
        noise = np.random.default_rng(number).integers(0, 255, (40, 60, 3), dtype=np.uint8)
        cv2.imwrite(str(home / f"{number}.jpg"), noise)
        lines.append(f"{number}.jpg,cat{number},{'LR'[number % 2]}")
    (home / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_a_folder_of_pictures_becomes_a_registered_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.registry import load_registry

    short = command.Recipe(steps=4, batch=4)
    monkeypatch.setattr(command, "Recipe", lambda: short)
    models = tmp_path / "models"
    data = labelled(tmp_path / "data")
    assert command.main(["--data", str(data), "--models", str(models), "--folds", "0"]) == 0
    entry = load_registry(models / "registry.toml").default("parts")
    assert entry.read() and entry.sha256 in entry.card_path.read_text(encoding="utf-8")


def test_an_empty_folder_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--data", str(tmp_path), "--models", str(tmp_path / "m")]) == 1
    assert "no animal of a known side" in capsys.readouterr().err
