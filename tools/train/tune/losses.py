"""What the detector is punished for (YOLOX's losses, with places where nothing is learnt)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from tools.train.tune.assignment import assign
from tools.train.yolox_net import STRIDES

BOX_WEIGHT = 5.0
"""Weight of the box loss against objectness and class (YOLOX's own)."""


class Anchors:
    """Anchor points of one square input, ``centres`` ``(A, 2)`` and ``strides`` ``(A, 1)``."""

    def __init__(self, side: int) -> None:
        cells, steps = [], []
        for stride in STRIDES:
            count = side // stride
            rows, columns = torch.meshgrid(torch.arange(count), torch.arange(count), indexing="ij")
            cells.append(torch.stack([columns.flatten(), rows.flatten()], dim=1))
            steps.append(torch.full((count * count, 1), stride))
        self.strides = torch.cat(steps).float()
        self.grid = torch.cat(cells).float()
        self.centres = (self.grid + 0.5) * self.strides

    def corners(self, raw: Tensor) -> Tensor:
        """Corners ``(..., A, 4)`` in pixels of raw predictions."""
        strides = self.strides.to(raw.device)
        centre = (raw[..., :2] + self.grid.to(raw.device)) * strides
        half = torch.exp(raw[..., 2:].clamp(max=8.0)) * strides / 2
        return torch.cat([centre - half, centre + half], dim=-1)


def detector_loss(
    raw: Tensor,
    objectness: Tensor,
    classes: Tensor,
    boxes: Sequence[Tensor],
    labels: Sequence[Tensor],
    unsure: Sequence[Tensor],
    anchors: Anchors,
) -> Tensor:
    """Loss of a batch: ``raw`` ``(N, A, 4)``, ``objectness`` ``(N, A, 1)`` and ``classes``
    ``(N, A, C)`` logits; per picture ``boxes`` ``(G, 4)`` and ``unsure`` ``(M, 4)`` corners and
    ``labels`` ``(G,)``. Normalised by the number of anchor points that answer for something."""
    raw, objectness, classes = raw.float(), objectness.float(), classes.float()
    corners = anchors.corners(raw)
    wanted, learnt = torch.zeros_like(objectness), torch.ones_like(objectness)
    total = raw.new_zeros(())
    answering = 0
    centres, strides = anchors.centres.to(raw.device), anchors.strides.to(raw.device)
    for i, (theirs, kinds, open_) in enumerate(zip(boxes, labels, unsure, strict=True)):
        if len(open_):
            learnt[i, _inside(centres, open_)] = 0
        if not len(theirs):
            continue
        found = assign(theirs, kinds, corners[i], objectness[i], classes[i], centres, strides)
        points, owners = found.points, found.owners
        wanted[i, points], learnt[i, points] = 1, 1
        answering += len(points)
        total = total + BOX_WEIGHT * _box_loss(corners[i, points], theirs[owners]).sum()
        kind = functional.one_hot(kinds[owners], classes.shape[2]).float()
        total = total + functional.binary_cross_entropy_with_logits(
            classes[i, points], kind, reduction="sum"
        )
    doubt = functional.binary_cross_entropy_with_logits(objectness, wanted, reduction="none")
    return (total + (doubt * learnt).sum()) / max(answering, len(boxes))


def _box_loss(predicted: Tensor, theirs: Tensor) -> Tensor:
    """1 - IoU squared, as YOLOX has it, ``(P,)``."""
    low = torch.maximum(predicted[:, :2], theirs[:, :2])
    high = torch.minimum(predicted[:, 2:], theirs[:, 2:])
    shared = (high - low).clamp(min=0).prod(dim=1)
    whole = (predicted[:, 2:] - predicted[:, :2]).prod(dim=1)
    whole = whole + (theirs[:, 2:] - theirs[:, :2]).prod(dim=1) - shared
    return 1 - (shared / whole.clamp(min=1e-6)) ** 2


def _inside(centres: Tensor, boxes: Tensor) -> Tensor:
    low = centres[:, None] >= boxes[None, :, :2]
    high = centres[:, None] <= boxes[None, :, 2:]
    return (low & high).all(dim=2).any(dim=1)
