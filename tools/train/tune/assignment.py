"""Which anchor points answer for which animal (SimOTA, Ge et al. 2021, arXiv:2107.08430, 2.4).

Each animal is given as many anchor points as its ten best predictions overlap it, cheapest first,
so that large animals are learnt in many places and no threshold on overlap has to be set.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

RADIUS = 2.5
"""Anchor points within this many strides of a box's centre are candidates (YOLOX's own)."""
IOU_WEIGHT = 3.0
OUTSIDE = 1e5
"""Cost of an anchor point outside of box or centre: taken only where nothing else is left."""
MOST_POINTS = 10


@dataclass(frozen=True)
class Assignment:
    """``points`` ``(P,)`` indices of anchor points, ``owners`` ``(P,)`` of the boxes they answer
    for, ``overlaps`` ``(P,)`` of prediction and box."""

    points: Tensor
    owners: Tensor
    overlaps: Tensor


def assign(
    boxes: Tensor,
    labels: Tensor,
    predicted: Tensor,
    objectness: Tensor,
    classes: Tensor,
    centres: Tensor,
    strides: Tensor,
) -> Assignment:
    """Assign one picture's anchor points.

    ``boxes`` ``(G, 4)`` corners, ``labels`` ``(G,)``; ``predicted`` ``(A, 4)`` corners,
    ``objectness`` ``(A, 1)`` and ``classes`` ``(A, C)`` logits; ``centres`` ``(A, 2)``, ``strides``
    ``(A, 1)``, all in pixels. Nothing is learnt through the assignment itself.
    """
    with torch.no_grad():
        return _assigned(boxes, labels, predicted, objectness, classes, centres, strides)


def _assigned(
    boxes: Tensor,
    labels: Tensor,
    predicted: Tensor,
    objectness: Tensor,
    classes: Tensor,
    centres: Tensor,
    strides: Tensor,
) -> Assignment:
    in_box = torch.cat([centres[None] - boxes[:, None, :2], boxes[:, None, 2:] - centres[None]], 2)
    in_box = in_box.amin(dim=2) > 0
    middle = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    near = (centres[None] - middle).abs().amax(dim=2) < RADIUS * strides[None, :, 0]
    candidates = (in_box | near).any(dim=0).nonzero()[:, 0]
    if not len(candidates):
        none = candidates.new_zeros(0)
        return Assignment(none, none, predicted.new_zeros(0))
    overlaps = pairwise_overlap(boxes, predicted[candidates])
    joint = torch.sqrt(classes[candidates].sigmoid() * objectness[candidates].sigmoid())
    wanted = functional.one_hot(labels, classes.shape[1]).to(joint.dtype)
    shape = (len(boxes), *joint.shape)
    doubt = functional.binary_cross_entropy(
        joint[None].expand(shape).clamp(1e-6, 1 - 1e-6),
        wanted[:, None].expand(shape),
        reduction="none",
    ).sum(dim=2)
    outside = ~(in_box & near)[:, candidates]
    cost = doubt - IOU_WEIGHT * torch.log(overlaps + 1e-8) + OUTSIDE * outside
    return _cheapest(cost, overlaps, candidates)


def pairwise_overlap(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union ``(N, M)`` of corners ``(N, 4)`` and ``(M, 4)``."""
    low = torch.maximum(first[:, None, :2], second[None, :, :2])
    high = torch.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(dim=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(dim=1) for boxes in (first, second)]
    return shared / (areas[0][:, None] + areas[1][None] - shared).clamp(min=1e-6)


def _cheapest(cost: Tensor, overlaps: Tensor, candidates: Tensor) -> Assignment:
    """As many points for each box as its best predictions overlap it; each point to one box."""
    taken = torch.zeros_like(cost, dtype=torch.bool)
    most = min(MOST_POINTS, cost.shape[1])
    counts = overlaps.topk(most, dim=1).values.sum(dim=1).int().clamp(min=1)
    for box, count in enumerate(counts.tolist()):
        taken[box, cost[box].topk(min(count, most), largest=False).indices] = True
    contested = taken.sum(dim=0) > 1
    taken[:, contested] = False
    taken[cost[:, contested].argmin(dim=0), contested.nonzero()[:, 0]] = True
    chosen = taken.any(dim=0)
    owners = taken[:, chosen].int().argmax(dim=0)
    points = chosen.nonzero()[:, 0]
    return Assignment(candidates[points], owners, overlaps[owners, points])
