"""Convolution blocks shared by the two networks, and the folding of their normalisation."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

NORM_EPSILON = 1e-3
"""Batch-normalisation epsilon both networks were trained with (PyTorch's own default is 1e-5)."""


class NormedConv(nn.Module):
    """A bias-free convolution, batch normalisation and an activation.

    The children are called `conv`, `bn` and `act` because the checkpoints' keys say so.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        size: int,
        stride: int = 1,
        *,
        act: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, size, stride, size // 2, bias=False)
        self.bn: nn.Module = nn.BatchNorm2d(channels_out, eps=NORM_EPSILON)
        self.act = act if act is not None else nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.act(self.bn(self.conv(x))))


def fold_normalisation(network: nn.Module) -> None:
    """Merge each `NormedConv`'s normalisation into its convolution, in place.

    Folding before export lets the quantizer choose its per-channel weight scales on the numbers
    that will really be multiplied.
    """
    for module in network.modules():
        if isinstance(module, NormedConv) and isinstance(module.bn, nn.BatchNorm2d):
            module.conv = fuse_conv_bn_eval(module.conv.eval(), module.bn.eval())
            module.bn = nn.Identity()


def to_channels_first(pixels: Tensor) -> Tensor:
    """Turn `[N, H, W, C]` pixels into the `[N, C, H, W]` that PyTorch convolves."""
    return torch.permute(pixels, (0, 3, 1, 2))
