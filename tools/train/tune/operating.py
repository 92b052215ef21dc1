"""Where a tuned detector's threshold lies, and moving its scores so that stations need not know.

A station counts a detection from 0.25 whatever the model. Every tuned network has its own scale,
so its objectness is shifted until that score is its operating point.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

COUNTS = 0.25
"""The score from which a station counts a detection by default (``[triage] detect_score``)."""
KEPT = 0.99
"""Share of the held-out animals that the operating point keeps."""
LOWEST, HIGHEST = 0.25, 0.45
"""Bounds of the operating point: few held-out pictures must not make it extreme."""


def operating_point(scores: Sequence[float]) -> float:
    """The raw score that keeps ``KEPT`` of held-out animals, given the best score on each."""
    if not len(scores):
        return LOWEST
    return float(np.clip(np.quantile(scores, 1 - KEPT), LOWEST, HIGHEST))


def moved(state: dict[str, Tensor], point: float) -> dict[str, Tensor]:
    """Weights whose score is ``COUNTS`` where it was ``point``."""
    shift = _logit(COUNTS) - _logit(point)
    return {
        name: value + shift
        if name.startswith("head.obj_preds") and name.endswith("bias")
        else value
        for name, value in state.items()
    }


def _logit(p: float) -> float:
    return float(torch.logit(torch.tensor(p)))
