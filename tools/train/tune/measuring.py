"""What a tuned detector finds in pictures from places that it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from tools.evaluate.outcomes import ON_ANIMAL
from tools.train.agreement import overlap
from tools.train.material.samples import LABELS, Floats, Sample
from tools.train.tune.drawing import load_scene
from tools.train.tune.geometry import fitted
from tools.train.tune.losses import Anchors
from tools.train.yolox_net import Detector

BATCH = 8


@dataclass(frozen=True, slots=True)
class Measured:
    """Best raw score on each thing that was there, by label; and on each empty picture.

    ``right`` counts, by label, the things whose best box had the right label.
    """

    found: dict[str, list[float]]
    right: dict[str, int]
    empty: list[float]


def measure(network: Detector, samples: Sequence[Sample], side: int) -> Measured:
    """Look at ``samples`` with a folded network, at ``side`` pixels."""
    found: dict[str, list[float]] = {name: [] for name in LABELS}
    right = dict.fromkeys(LABELS, 0)
    empty: list[float] = []
    anchors = Anchors(side)
    for start in range(0, len(samples), BATCH):
        scenes = [fitted(load_scene(sample), side) for sample in samples[start : start + BATCH]]
        with torch.no_grad():
            canvases = torch.from_numpy(np.stack([scene.pixels for scene in scenes])).float()
            raw, objectness, classes = network(canvases)
        corners, scores = anchors.corners(raw).numpy(), (objectness * classes).numpy()
        for i, scene in enumerate(scenes):
            best = scores[i].max(axis=1)
            if not len(scene.boxes) and not len(scene.unsure):
                empty.append(float(best.max()))
            for box, label in zip(scene.boxes, scene.labels, strict=True):
                score, guess = _best_on(box, corners[i], scores[i], best)
                found[LABELS[label]].append(score)
                right[LABELS[label]] += guess == label
    return Measured(found, right, empty)


def _best_on(box: Floats, corners: Floats, scores: Floats, best: Floats) -> tuple[float, int]:
    """Score and label of the surest prediction that lies on ``box``; 0 and -1 without one."""
    order = np.argsort(-best)[:200]
    for index in order:
        if overlap(box, corners[index]) > ON_ANIMAL:
            return float(best[index]), int(scores[index].argmax())
    return 0.0, -1
