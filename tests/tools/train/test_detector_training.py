"""`irbis train --only detector`, from a labelled folder to a detector that a station opens."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.vision.detector import Detector
from models.registry import load_registry
from tools.evaluate.kept_back import kept_back
from tools.train import command, job

for needed in ("torch", "litert_torch", "litert_quantizer"):
    pytest.importorskip(
        needed, reason=f"{needed} is not installed (tools/train/requirements-export.txt)"
    )

from tools.train.bases import BASES  # noqa: E402
from tools.train.weights import WeightsError, read_weights  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # the exporter's own


@pytest.fixture(scope="module", autouse=True)
def _published_weights() -> None:
    try:
        read_weights(load_registry().get(BASES["detector"]).source)
    except WeightsError as error:
        pytest.skip(str(error))


def training(valley: Path, out: Path, held_out: str = "0/2") -> argparse.Namespace:
    """Two epochs of one step each, one station in two kept back, for a tiny input."""
    parser = argparse.ArgumentParser()
    command.configure(parser)
    words = (
        f"--data {valley} --out {out} --only detector --name valley --hold-out {held_out}"
        " --epochs 2 --pictures 4 --side 64"
    )
    return parser.parse_args(words.split())


def broken_off(at: str, words: argparse.Namespace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the command said until a line with ``at``, at which somebody pressed Ctrl-C."""
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        if at in line:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(command, "_say", say)
        patched.setattr(job, "EVERY_S", 0.0)
        with pytest.raises(KeyboardInterrupt):
            command.execute(words)
    return lines


def test_broken_off_and_begun_again_it_ends_with_a_registered_detector(
    valley: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    broken_off("epoch 2", training(valley, out), monkeypatch)
    assert load_registry(out / "registry.toml").defaults == load_registry().defaults
    lines: list[str] = []
    monkeypatch.setattr(command, "_say", lines.append)
    monkeypatch.setattr(job, "EVERY_S", 0.0)
    assert command.execute(training(valley, out)) == 0

    assert next(line for line in lines if "epoch" in line).startswith("detector: epoch 2 of 2")
    entry = load_registry(out / "registry.toml").default("detector")
    assert entry.name == "valley-detector-64" and entry.labels == ("animal", "human", "vehicle")
    card = " ".join(entry.card_path.read_text(encoding="utf-8").split())
    for words in (
        entry.sha256,
        "over the operating point",
        "| frames agreeing |",
        "4 photographs of valley",
        "pictures that were held out",
    ):
        assert words in card
    assert "docs/accuracy.md" not in card
    assert kept_back(out, {"detector": f"{entry.name}@{entry.sha256}"}) == {"S0", "S2"}
    pixels = np.asarray(Image.open(valley / "0.png").convert("RGB"))
    found = Detector(entry, entry.read(), 1).find(pixels, 0.0)
    assert all(0.0 <= one.score <= 1.0 and one.label in entry.labels for one in found)


def test_another_hold_out_in_the_same_folder_begins_anew(
    valley: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    broken_off("epoch 2", training(valley, out, "0/2"), monkeypatch)
    assert (out / "valley.checkpoint").is_file()
    broken_off("epoch 1", training(valley, out, "1/2"), monkeypatch)
    lines = broken_off("epoch", training(valley, out, "0/2"), monkeypatch)
    assert lines[-1].startswith("detector: epoch 2 of 2"), "its own checkpoint was lost"
