"""Making up batches: which pictures, and what is done to each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from edge.vision.errors import DecodeError
from tools.train.material import light
from tools.train.material.samples import Sample, Scene
from tools.train.tune import geometry

KEPT_SIDE_PX = 512
"""Pictures are held in memory at this long side: enough for the largest input with some zoom."""
SHARES = {
    "snow_leopard": 0.24,
    "snow_leopard/empty": 0.13,
    "amur_leopard_boxes": 0.09,
    "bigcat_thumbs": 0.11,
    "north_america": 0.12,
    "north_america/empty": 0.03,
    "imagenet_one_each": 0.16,
}
"""Share of a batch that a collection gets; what is not named shares the rest by size."""
BANNERED = ("snow_leopard", "snow_leopard/empty", "snow_leopard_burst_masks")
"""Collections whose burned-in bars would tell a leopard: always covered."""


class Drawing(Dataset[tuple[Tensor, Tensor, Tensor, Tensor]]):
    """``length`` randomly drawn and altered pictures; the same ones for the same ``seed``.

    An item is the canvas ``(side, side, 3)`` uint8 BGR, boxes ``(G, 4)`` and unsure places
    ``(M, 4)`` as corners in its pixels, and labels ``(G,)``.
    """

    def __init__(self, samples: Sequence[Sample], scenes: Sequence[Scene], length: int) -> None:
        self._samples, self._scenes, self._length = samples, scenes, length
        self._chances = chances([sample.source for sample in samples])
        self.seed = 0
        self.side_px = 320

    @property
    def fingerprint(self) -> str:
        """Tells whether two drawings learn from the same labels on the same files."""
        digest = hashlib.blake2b(digest_size=16)
        for one in self._samples:
            digest.update(f"{one.path}\0{one.source}\0{len(one.boxes)}\0".encode())
            for values in (one.boxes, one.labels, one.unsure):
                digest.update(values.tobytes())
        return digest.hexdigest()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        random = np.random.default_rng((self.seed, index))
        if random.random() < 0.15:
            parts = [self._drawn(random) for _ in range(4)]
            scene = geometry.mosaic(parts, self.side_px, random)
        else:
            scene = self._drawn(random)
            if random.random() < 0.2:
                scene = geometry.pasted(scene, self._drawn(random), random)
            if random.random() < 0.5:
                scene = geometry.zoomed(scene, random)
            share = random.uniform(0.5, 1.0) if random.random() < 0.25 else 1.0
            scene = geometry.fitted(scene, self.side_px, share)
        pixels = light.expose(scene.pixels, scene.boxes, random)
        if random.random() < 0.2:
            pixels = light.recompress(pixels, random)
        return (
            torch.from_numpy(pixels),
            torch.from_numpy(np.asarray(scene.boxes, np.float32)),
            torch.from_numpy(np.asarray(scene.unsure, np.float32)),
            torch.from_numpy(np.asarray(scene.labels, np.int64)),
        )

    def _drawn(self, random: np.random.Generator) -> Scene:
        index = int(random.choice(len(self._samples), p=self._chances))
        scene = self._scenes[index]
        if random.random() < 0.5:
            scene = geometry.mirrored(scene)
        if self._samples[index].source in BANNERED or random.random() < 0.3:
            scene = replace(scene, pixels=light.banner(scene.pixels, random))
        return scene


def chances(sources: Sequence[str]) -> np.ndarray:
    """Probability of each sample, from ``SHARES`` of its source."""
    names, counts = np.unique(sources, return_counts=True)
    present = dict(zip(names.tolist(), counts.tolist(), strict=True))
    named = {name: SHARES[name] for name in present if name in SHARES}
    others = sum(count for name, count in present.items() if name not in SHARES)
    rest = max(0.0, 1.0 - sum(SHARES.values())) if named else 1.0
    each = {
        name: named[name] / count if name in named else rest / others
        for name, count in present.items()
    }
    weights = np.array([each[source] for source in sources])
    return np.asarray(weights / weights.sum())


def load_scene(sample: Sample) -> Scene:
    """A sample's picture in memory. Raises DecodeError."""
    picture = cv2.imread(str(sample.path), cv2.IMREAD_COLOR)
    if picture is None:
        raise DecodeError(f"{sample.path}: not a picture that can be decoded; take it out")
    height, width = picture.shape[:2]
    scale = min(1.0, KEPT_SIDE_PX / max(height, width))
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    pixels = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)
    return Scene(
        np.asarray(pixels, np.uint8),
        _corners(sample.boxes, w, h),
        sample.labels,
        _corners(sample.unsure, w, h),
    )


def collate(
    items: Sequence[tuple[Tensor, Tensor, Tensor, Tensor]],
) -> tuple[Tensor, list[Tensor], list[Tensor], list[Tensor]]:
    """Canvases stacked ``(N, side, side, 3)``; the rest as lists, lengths differ."""
    canvases, boxes, unsure, labels = zip(*items, strict=True)
    return torch.stack(canvases), list(boxes), list(unsure), list(labels)


def _corners(boxes: np.ndarray, w: int, h: int) -> np.ndarray:
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    return np.asarray(np.clip(corners, 0, 1) * np.array([w, h, w, h]), np.float32)
