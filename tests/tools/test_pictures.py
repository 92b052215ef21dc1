"""The docs' pictures show what a terminal shows, and what was computed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tools.flashing.label import Label, as_text
from tools.pictures import autonomy, glass, terminal


def test_of_a_bar_only_its_last_state_stands_on_the_terminal(tmp_path: Path) -> None:
    said = r"import sys; sys.stderr.write('\r\x1b[K 10 %'); print('\r\x1b[K100 %\nüber')"
    assert terminal.run([sys.executable, "-c", said], tmp_path) == ["100 %", "über"]


def test_a_program_that_fails_makes_no_picture(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        terminal.run([sys.executable, "-c", "raise SystemExit(1)"], tmp_path)


def test_a_telephone_reads_the_code_in_the_picture(tmp_path: Path) -> None:
    label = Label("ridge-7", "LQQF-DP5A-QZYR-WEJL", date(2026, 11, 22))
    pytest.importorskip("matplotlib")
    drawn = terminal.draw(["$ irbis flash", *as_text(label).splitlines()], tmp_path / "a.png")
    told, *_ = cv2.QRCodeDetector().detectAndDecode(np.asarray(Image.open(drawn).convert("RGB")))
    assert told == label.payload


def test_the_page_of_glass_shows_each_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    verdict = glass._verdict

    def heard(clean: Sequence[Image.Image], now: Sequence[Image.Image]) -> str:
        told.append(verdict(clean, now))
        return told[-1]

    monkeypatch.setattr(glass, "_verdict", heard)
    shots = [Image.open(file).convert("RGB") for file in sorted(glass.PHOTOS.iterdir())]
    assert glass.page(shots).width > 4 * 200
    assert told == ["no alarm", "lens-blurred", "lens-fogged", "lens-blocked"]


def test_days_of_autonomy_become_a_chart(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    with Image.open(autonomy.draw(tmp_path / "days.png")) as chart:
        assert len(chart.convert("RGB").getcolors(1 << 24) or []) > 10
