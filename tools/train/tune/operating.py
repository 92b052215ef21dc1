"""Moving a tuned detector's scores so that stations need not know where its threshold lies.

A station counts a detection from 0.25 whatever the model. Every tuned network has its own scale,
so its objectness is shifted until that score is its operating point. The point is given, never
chosen on pictures that were held out: those are there to judge by.
"""

from __future__ import annotations

import torch
from torch import Tensor

COUNTS = 0.25
"""The score from which a station counts a detection by default (``[triage] detect_score``)."""


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
