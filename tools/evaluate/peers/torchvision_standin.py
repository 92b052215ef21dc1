"""The one function that zamba's YOLOX takes from torchvision.

The torchvision on PyPI for Linux is linked to CUDA and cannot load beside a CPU build of torch.
What the detector needs of it is non-maximum suppression over a handful of boxes, written here anew:
the greedy method gives the same boxes whoever runs it, and its time does not show beside a
network's.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

import numpy as np


def provide() -> None:
    """Make ``import torchvision`` work where it would not; where it does, change nothing."""
    try:
        vision = importlib.import_module("torchvision")
        vision.ops.nms  # noqa: B018  # only there when the compiled part was loaded
    except (ImportError, AttributeError, RuntimeError, OSError):
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]  # half loaded
        vision, ops = ModuleType("torchvision"), ModuleType("torchvision.ops")
        ops.nms = _nms  # type: ignore[attr-defined]
        ops.batched_nms = _batched_nms  # type: ignore[attr-defined]
        vision.ops = ops  # type: ignore[attr-defined]
        sys.modules |= {"torchvision": vision, "torchvision.ops": ops}


def _nms(boxes: Any, scores: Any, overlap: float) -> Any:
    """Indices of the boxes (corners) that are kept, surest first."""
    corners = boxes.detach().cpu().numpy().astype(np.float64)
    area = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
    waiting = scores.argsort(descending=True).cpu().numpy()
    kept: list[int] = []
    while waiting.size:
        best, rest = int(waiting[0]), waiting[1:]
        kept.append(best)
        low = np.maximum(corners[best, :2], corners[rest, :2])
        high = np.minimum(corners[best, 2:], corners[rest, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        waiting = rest[shared <= overlap * (area[best] + area[rest] - shared)]
    return importlib.import_module("torch").as_tensor(kept)


def _batched_nms(boxes: Any, scores: Any, classes: Any, overlap: float) -> Any:
    """The same within each class: classes are moved apart so that they cannot share anything."""
    apart = classes.to(boxes) * (boxes.max() + 1) if boxes.numel() else classes.to(boxes)
    return _nms(boxes + apart[:, None], scores, overlap)
