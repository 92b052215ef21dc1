"""The parts network in PyTorch, layer by layer as `edge.vision.parts_net` computes it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from edge.vision.parts_net import CELLS, SIDES

CHANNELS = (40, 112, 320)
"""Of the species model's maps at strides 8, 16 and 32."""
WIDTH = 24
HIDDEN = 48
DROPPED_MAPS = 0.1
DROPPED = 0.3


class PartsModule(nn.Module):
    """Maps `(N, C, H, W)` and the box's plane `(N, 1, 28, 28)` to side and mask logits."""

    def __init__(self) -> None:
        super().__init__()
        fine, middle, coarse = CHANNELS
        self.fine = nn.Conv2d(fine + 1, WIDTH, 1)
        self.middle = nn.Conv2d(middle + 1, WIDTH, 1)
        self.coarse = nn.Conv2d(coarse, WIDTH, 1)
        self.joined = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.lifted = nn.Conv2d(WIDTH, WIDTH, 1)
        self.refined = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.masks = nn.Conv2d(WIDTH, 2, 1)
        self.reduced = nn.Conv2d(WIDTH, WIDTH, 1)
        self.hidden = nn.Linear(WIDTH * (CELLS // 4) ** 2, HIDDEN)
        self.sides = nn.Linear(HIDDEN, len(SIDES))
        self.drop_maps, self.drop = nn.Dropout2d(DROPPED_MAPS), nn.Dropout(DROPPED)

    def forward(
        self, fine: Tensor, middle: Tensor, coarse: Tensor, plane: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Logits of the sides `(N, 5)` and of coat and head `(N, 2, 28, 28)`."""
        fine, middle, coarse = (self.drop_maps(x) for x in (fine, middle, coarse))
        half = functional.avg_pool2d(plane, 2)
        x = _doubled(self.coarse(coarse)) + self.middle(torch.cat([middle, half], 1))
        x = torch.relu(self.joined(torch.relu(x)))
        y = _doubled(self.lifted(x)) + self.fine(torch.cat([fine, plane], 1))
        masks = self.masks(torch.relu(self.refined(torch.relu(y))))
        z = functional.avg_pool2d(torch.relu(self.reduced(x)), 2)
        z = self.drop(z.permute(0, 2, 3, 1).flatten(1))  # channels last, as numpy flattens it
        return self.sides(self.drop(torch.relu(self.hidden(z)))), masks

    def arrays(self) -> dict[str, NDArray[np.float16]]:
        """The weights as `edge.vision.parts_net` takes them; half precision is plenty."""
        found: dict[str, NDArray[np.float16]] = {}
        for name, layer in self.named_children():
            if isinstance(layer, nn.Conv2d):
                weight = layer.weight.detach().permute(2, 3, 1, 0).flatten(0, 2)
            elif isinstance(layer, nn.Linear):
                weight = layer.weight.detach().T
            else:
                continue
            found[f"{name}_w"] = weight.numpy().astype(np.float16)
            found[f"{name}_b"] = layer.bias.detach().numpy().astype(np.float16)
        return found


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
