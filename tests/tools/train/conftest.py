"""A labelled valley, small enough to learn from within a test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools.train.groups import training


@pytest.fixture
def valley(tmp_path: Path) -> Path:
    """Eight pictures of four stations: a bright animal on noisy ground, every other one empty."""
    folder = tmp_path / "valley"
    folder.mkdir()
    rows = ["file,label,station,x,y,w,h"]
    for number in range(8):
        pixels = np.random.default_rng(number).integers(60, 90, (72, 96, 3), np.uint8)
        animal = number % 2 == 0
        if animal:
            pixels[24:48, 24:60] = 220
        Image.fromarray(pixels).save(folder / f"{number}.png")
        label, box = ("ibex", "0.25,0.333,0.375,0.333") if animal else ("empty", ",,,")
        rows.append(f"{number}.png,{label},S{number // 2},{box}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def short_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Group heads are fitted in three steps."""
    monkeypatch.setattr(training, "GENTLE", replace(training.GENTLE, steps=3, batch=8))
