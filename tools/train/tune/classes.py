"""Giving the one-class detector the three classes of MegaDetector's convention."""

from __future__ import annotations

import torch
from torch import Tensor

from tools.train.material.samples import LABELS

RARE = -3.0
"""First logit of the classes that are new: people and vehicles are rarer than animals."""


def widened(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state dict whose class layers answer for all ``LABELS``; one that does is returned as is.

    The animal's row is kept; the new rows start as a tenth of it, so that what fires as an animal
    today can be taught to be a person tomorrow.
    """
    wide = dict(state)
    for level in range(3):
        weight, bias = (state[f"head.cls_preds.{level}.{part}"] for part in ("weight", "bias"))
        more = len(LABELS) - len(bias)
        if more > 0:
            wide[f"head.cls_preds.{level}.weight"] = torch.cat([weight, *[0.1 * weight[:1]] * more])
            wide[f"head.cls_preds.{level}.bias"] = torch.cat([bias, torch.full((more,), RARE)])
    return wide
