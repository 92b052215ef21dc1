"""Non-maximum suppression: of boxes that show the same thing, keep the surest."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from edge.records import Detection
from edge.vision.boxes import overlap

OVERLAP = 0.45
"""Boxes that share more than this (intersection over union) are one animal; YOLOX's own value."""
Corners = NDArray[np.float32]
"""``(N, 4)``: x0, y0, x1, y1 in any one unit."""


def overlaps(box: Corners, others: Corners) -> NDArray[np.float32]:
    """Intersection over union of one box ``(4,)`` with each of ``others`` ``(N, 4)``."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    # Written out: products along an axis of two take several times as long.
    shared = np.maximum(high[:, 0] - low[:, 0], 0) * np.maximum(high[:, 1] - low[:, 1], 0)
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    union = areas + (box[2] - box[0]) * (box[3] - box[1]) - shared
    result: NDArray[np.float32] = np.divide(
        shared, union, out=np.zeros_like(shared, dtype=np.float32), where=union > 0
    )
    return result


def suppress(
    boxes: Corners, scores: NDArray[np.float32], most_shared: float, most: int
) -> NDArray[np.intp]:
    """Indices of the boxes to keep, surest first, at most ``most`` of them.

    Greedy and class-agnostic: a box goes when it overlaps a surer kept one by more than
    ``most_shared`` (intersection over union). Equal scores keep their order.
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size and len(kept) < most:
        best, order = order[0], order[1:]
        kept.append(int(best))
        order = order[overlaps(boxes[best], boxes[order]) <= most_shared]
    return np.asarray(kept, dtype=np.intp)


def merged(found: Iterable[Detection]) -> tuple[Detection, ...]:
    """Detections of one frame from several looks, surest first; of two of one thing the surer.

    What one look calls a person and another an animal stays both: for privacy the one counts, for
    the verdict the other.
    """
    kept: list[Detection] = []
    for one in sorted(found, key=lambda detection: -detection.score):
        alike = (other for other in kept if other.label == one.label)
        if all(overlap(one.box, other.box) <= OVERLAP for other in alike):
            kept.append(one)
    return tuple(kept)
