"""Tuning the detector: what is learnt, and that it can be broken off and taken up again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip(
    "torch", reason="PyTorch is not installed (tools/train/requirements-export.txt)"
)

from tools.train.material.samples import Sample, Scene  # noqa: E402
from tools.train.tune.assignment import assign, pairwise_overlap  # noqa: E402
from tools.train.tune.classes import widened  # noqa: E402
from tools.train.tune.drawing import Drawing, chances  # noqa: E402
from tools.train.tune.geometry import fitted, mirrored, window  # noqa: E402
from tools.train.tune.loop import Recipe, train  # noqa: E402
from tools.train.tune.losses import Anchors, detector_loss  # noqa: E402
from tools.train.tune.operating import COUNTS, moved  # noqa: E402
from tools.train.yolox_net import Detector  # noqa: E402


def scene(boxes: list[list[float]], size: tuple[int, int] = (60, 100)) -> Scene:
    height, width = size
    pixels = np.zeros((height, width, 3), np.uint8)
    for x1, y1, x2, y2 in boxes:
        pixels[int(y1) : int(y2), int(x1) : int(x2)] = 255
    return Scene(
        pixels,
        np.array(boxes, np.float32).reshape(-1, 4),
        np.zeros(len(boxes), np.int64),
        np.zeros((0, 4), np.float32),
    )


def bright(pixels: np.ndarray) -> list[int]:
    """Bounds of what is white."""
    lines, columns = np.nonzero(pixels[:, :, 0] > 127)
    return [columns.min(), lines.min(), columns.max() + 1, lines.max() + 1]


@pytest.mark.parametrize(
    "change", [mirrored, lambda s: fitted(s, 64), lambda s: fitted(s, 64, 0.5)]
)
def test_boxes_follow_what_they_are_drawn_around(change: object) -> None:
    changed = change(scene([[20, 10, 60, 40]]))  # type: ignore[operator]
    assert changed.boxes[0] == pytest.approx(bright(changed.pixels), abs=1.01)


def test_a_sliver_of_an_animal_becomes_unsure() -> None:
    cut = window(scene([[20, 10, 60, 40]]), 52, 0, 40, 60)
    assert not len(cut.boxes) and len(cut.unsure) == 1


def test_half_an_animal_is_an_animal() -> None:
    cut = window(scene([[20, 10, 60, 40]]), 40, 0, 40, 60)
    assert cut.boxes[0].tolist() == [0, 10, 20, 40]


def test_overlap_of_boxes() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [20, 20, 30, 30]])
    expected = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert torch.allclose(pairwise_overlap(boxes, boxes), expected)


def test_every_animal_gets_a_point_of_its_own() -> None:
    anchors = Anchors(64)
    boxes = torch.tensor([[4.0, 4, 30, 30], [34.0, 34, 60, 60]])
    points = len(anchors.centres)
    found = assign(
        boxes,
        torch.zeros(2, dtype=torch.long),
        anchors.corners(torch.zeros(points, 4)),
        torch.zeros(points, 1),
        torch.zeros(points, 3),
        anchors.centres,
        anchors.strides,
    )
    assert set(found.owners.tolist()) == {0, 1}
    assert len(set(found.points.tolist())) == len(found.points)


def loss_of(objectness: float, boxes: list[list[float]], unsure: list[list[float]]) -> float:
    anchors = Anchors(64)
    points = len(anchors.centres)
    return float(
        detector_loss(
            torch.zeros(1, points, 4),
            torch.full((1, points, 1), objectness),
            torch.zeros(1, points, 3),
            [torch.tensor(boxes).reshape(-1, 4)],
            [torch.zeros(len(boxes), dtype=torch.long)],
            [torch.tensor(unsure).reshape(-1, 4)],
            anchors,
        )
    )


def test_firing_on_an_empty_scene_is_punished_but_not_where_nobody_is_sure() -> None:
    assert loss_of(3.0, [], []) > 10 * loss_of(-6.0, [], [])
    assert loss_of(3.0, [], [[0.0, 0, 64, 64]]) == 0


def test_silence_on_an_animal_is_punished() -> None:
    animal = [[10.0, 10, 50, 50]]
    assert loss_of(-6.0, animal, []) > loss_of(-6.0, [], [])


def test_three_classes_start_as_the_one_they_come_from() -> None:
    torch.manual_seed(0)
    one = Detector(classes=1).eval()
    three = Detector(classes=3).eval()
    three.load_state_dict(widened(one.state_dict()))
    picture = torch.rand(1, 64, 64, 3) * 255
    with torch.no_grad():
        for old, new in zip(one(picture), three(picture), strict=True):
            assert torch.allclose(old[..., :1], new[..., :1], atol=1e-5)


def test_the_operating_point_counts_as_a_quarter() -> None:
    torch.manual_seed(0)
    state = Detector(classes=3).state_dict()
    shifted = moved(state, 0.4)
    name = "head.obj_preds.0.bias"
    at = torch.logit(torch.tensor(0.4)) + (shifted[name] - state[name])
    assert torch.sigmoid(at).tolist() == pytest.approx([COUNTS])


def test_every_collection_gets_its_share() -> None:
    sources = ["snow_leopard"] * 90 + ["snow_leopard/empty"] * 10 + ["other"] * 5
    shares = chances(sources)
    assert shares.sum() == pytest.approx(1)
    assert shares[:90].sum() / shares[90:100].sum() == pytest.approx(0.24 / 0.13)
    assert shares[100:].sum() > 0


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_training_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    scenes = [scene([[20, 10, 60, 40]], (80, 120)) for _ in range(4)]
    samples = [
        Sample(Path(), s.boxes, s.labels, s.unsure, "animal", "valley", "ridge") for s in scenes
    ]
    recipe = Recipe(epochs=2, pictures=4, batch=2, warm_up_steps=1, sides_px=(64,))
    steps: list[int] = []

    def run(checkpoint: Path, stop_after: int | None) -> object:
        torch.manual_seed(0)
        seen: list[int] = []

        def tell(progress: object) -> None:
            seen.append(progress.step)  # type: ignore[attr-defined]
            if progress.step == stop_after:  # type: ignore[attr-defined]
                raise KeyboardInterrupt

        try:
            return train(Detector(classes=3), Drawing(samples, scenes, 4), recipe, checkpoint, tell)
        except KeyboardInterrupt:
            return None
        finally:
            steps.extend(seen)

    whole = run(tmp_path / "whole", None)
    assert run(tmp_path / "broken", 3) is None
    again = run(tmp_path / "broken", None)
    assert steps == [1, 2, 3, 4, 1, 2, 3, 3, 4]
    assert isinstance(whole, dict) and isinstance(again, dict)
    assert all(torch.allclose(whole[name], again[name], atol=1e-4) for name in whole)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_checkpoint_of_other_pictures_is_not_gone_on_with(tmp_path: Path) -> None:
    recipe = Recipe(epochs=1, pictures=2, batch=2, warm_up_steps=1, sides_px=(64,))
    steps: list[list[int]] = []
    for name in ("a.jpg", "a.jpg", "b.jpg"):
        seen = scene([[20, 10, 60, 40]], (80, 120))
        sample = Sample(
            Path(name), seen.boxes, seen.labels, seen.unsure, "animal", "valley", "ridge"
        )
        steps.append([])
        train(
            Detector(classes=3),
            Drawing([sample], [seen], 2),
            recipe,
            tmp_path / "checkpoint",
            lambda progress: steps[-1].append(progress.step),
        )
    assert steps == [[1], [], [1]]
