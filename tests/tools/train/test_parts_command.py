"""A network is fitted and registered from a folder of labelled photographs."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is only there to fit networks")

from tests.tools.train.portraits import lay_portraits
from tools.train.parts import __main__ as command


def test_a_folder_of_pictures_becomes_a_registered_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.registry import load_registry

    short = command.Recipe(steps=4, batch=4)
    monkeypatch.setattr(command, "Recipe", lambda: short)
    models = tmp_path / "models"
    data = lay_portraits(tmp_path / "data")
    assert command.main(["--data", str(data), "--models", str(models), "--folds", "0"]) == 0
    entry = load_registry(models / "registry.toml").default("parts")
    assert entry.read() and entry.sha256 in entry.card_path.read_text(encoding="utf-8")


def test_a_picture_that_is_none_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = lay_portraits(tmp_path / "data")
    (data / "leopard_identities" / "2.jpg").write_bytes(b"no picture")
    assert command.main(["--data", str(data), "--models", str(tmp_path / "m")]) == 1
    assert "2.jpg: not a picture" in capsys.readouterr().err


def test_an_empty_folder_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--data", str(tmp_path), "--models", str(tmp_path / "m")]) == 1
    assert "no animal of a known side" in capsys.readouterr().err
