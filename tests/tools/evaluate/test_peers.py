"""The contest is fair: the same pictures, in turn, counted alike."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edge.config import Triage
from edge.vision.eyes import open_eyes
from tests.tools.evaluate.making import WHERE, picture
from tools.evaluate.labelled import LabelledBurst, LabelledFrame, LabelledSet, Truth
from tools.evaluate.peers.contest import compete, sample
from tools.evaluate.peers.contestants import Found, IrbisDetector, IrbisJudge
from tools.evaluate.peers.table import table


class _Sure:
    """Sees an animal everywhere, and remembers who was asked when."""

    def __init__(self, name: str, asked: list[str]) -> None:
        self.name, self.about, self._asked = name, "made up", asked

    def look(self, data: bytes) -> Found:
        self._asked.append(self.name)
        return Found(True, (WHERE,))


def _frames(tmp_path: Path) -> list[LabelledFrame]:
    truths = (Truth.TARGET, Truth.BLANK)
    frames = [
        LabelledFrame(tmp_path / f"{number}.jpg", truth, (WHERE,) if number == 0 else None)
        for number, truth in enumerate(truths)
    ]
    for frame in frames:
        picture(frame.path, (60, 110, 60))
    return frames


def test_everyone_looks_at_every_picture_in_turn(tmp_path: Path) -> None:
    asked: list[str] = []
    contestants = [_Sure("a", asked), _Sure("b", asked)]
    results = compete(_frames(tmp_path), contestants)
    assert asked == ["a", "b", "a", "b", "b", "a"]  # one look each to warm up
    assert [[result.boxed for result in own] for own in results] == [[True, None]] * 2


def test_the_table_tells_recall_beside_speed(tmp_path: Path) -> None:
    policy = Triage()
    eyes = open_eyes(policy)
    contestants = [_Sure("sure", []), IrbisDetector(eyes, policy), IrbisJudge(eyes, policy)]
    text = table(contestants, compete(_frames(tmp_path), contestants), "fold 0/4")
    assert "| sure | 1/1 = 100 % (21-100) | 1/1 = 100 % (21-100) | - | - | - | 0/1" in text
    assert "Only these pictures were taken: fold 0/4." in text
    assert "Irbis, whole judgement" in text


def test_a_burst_sends_its_middle_frame_and_rare_things_are_all_taken(tmp_path: Path) -> None:
    def burst(name: str, truth: Truth, frames: int = 1) -> LabelledBurst:
        made = (LabelledFrame(tmp_path / f"{name}{n}.jpg", truth) for n in range(frames))
        return LabelledBurst(name, tuple(made))

    cats = [burst(f"cat{n}-", Truth.TARGET, 3) for n in range(9)]
    rest = [burst("blank", Truth.BLANK), burst("herder", Truth.HUMAN)]
    traps = LabelledSet("traps", "made up", (*cats, *rest))
    portraits = LabelledSet("portraits", "made up", (burst("p", Truth.TARGET),), trapped=False)
    names = [frame.path.stem for frame in sample([traps, portraits], 5)]
    assert names == ["blank0", "cat0-1", "cat3-1", "cat6-1", "herder0"]


def test_boxes_that_share_much_are_one_for_the_stand_in() -> None:
    pytest.importorskip("torch")
    import torch

    from tools.evaluate.peers.torchvision_standin import _batched_nms, _nms

    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 10, 10], [20, 20, 30, 30]])
    scores = torch.tensor([0.5, 0.9, 0.7])
    assert _nms(boxes, scores, 0.45).tolist() == [1, 2]
    assert _batched_nms(boxes, scores, torch.tensor([0, 1, 0]), 0.45).tolist() == [1, 2, 0]


def test_without_zamba_one_line_says_what_to_install(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    (tmp_path / "labels.csv").write_text("file,label\na.jpg,ibex\n")
    picture(tmp_path / "a.jpg", (60, 110, 60))
    block = "import sys; sys.modules['zamba'] = sys.modules['torch'] = None\n"
    run = "from tools.evaluate.peers.__main__ import main\nsys.exit(main([sys.argv[1]]))"
    found = subprocess.run(
        [sys.executable, "-c", block + run, str(tmp_path)], capture_output=True, text=True
    )
    assert found.returncode == 1
    assert "requirements.txt" in found.stderr
