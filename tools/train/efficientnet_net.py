"""EfficientNet-Lite0, giving its embedding beside its class probabilities.

The network is EfficientNet-B0 (Tan and Le 2019, arXiv:1905.11946) without squeeze-and-excitation
and with ReLU6, as Google's Lite family defines it; strided convolutions pad as TensorFlow's SAME
does (the odd pixel right and below).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from tools.train.layers import NormedConv, fold_normalisation, to_channels_first

STEM_WIDTH = 32
EMBEDDING_WIDTH = 1280
CLASSES = 1000
STAGES = (
    # repeats, kernel, stride, expansion, channels out
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class SameConv(NormedConv):
    """A `NormedConv` with TensorFlow's SAME padding and optional depthwise grouping."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        size: int,
        stride: int = 1,
        *,
        act: nn.Module,
        groups: int = 1,
    ) -> None:
        super().__init__(channels_in, channels_out, size, stride, act=act)
        padding = size // 2 if stride == 1 else 0
        self.conv = nn.Conv2d(
            channels_in, channels_out, size, stride, padding, groups=groups, bias=False
        )
        # Every strided layer of this network sees an even-sized map, so SAME adds size - 2
        # pixels in all, the smaller half before.
        before = (size - 2) // 2
        self.strided_pad = (before, size - 2 - before) * 2 if stride == 2 else None

    def forward(self, x: Tensor) -> Tensor:
        if self.strided_pad is not None:
            x = functional.pad(x, self.strided_pad)
        return super().forward(x)


class InvertedBottleneck(nn.Module):
    """Widen, convolve each channel by itself, narrow; added to its input where shapes allow."""

    def __init__(
        self, channels_in: int, channels_out: int, size: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        wide = channels_in * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers.append(SameConv(channels_in, wide, 1, act=nn.ReLU6()))
        layers.append(SameConv(wide, wide, size, stride, act=nn.ReLU6(), groups=wide))
        layers.append(SameConv(wide, channels_out, 1, act=nn.Identity()))
        self.layers = nn.Sequential(*layers)
        self.shortcut = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y if self.shortcut else y


class SpeciesNet(nn.Module):
    """Pixels `[N, 224, 224, 3]` RGB as (value - 127) / 128 to `(probabilities, embedding)`.

    Shapes are `[N, 1000]` (softmax over ImageNet-1k) and `[N, 1280]` (mean of the last map).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM_WIDTH, 3, 2, act=nn.ReLU6())
        blocks: list[nn.Module] = []
        channels = STEM_WIDTH
        for repeats, size, stride, expansion, width in STAGES:
            for repeat in range(repeats):
                step = stride if repeat == 0 else 1
                blocks.append(InvertedBottleneck(channels, width, size, step, expansion))
                channels = width
        self.blocks = nn.Sequential(*blocks)
        self.last = SameConv(channels, EMBEDDING_WIDTH, 1, act=nn.ReLU6())
        self.classes = nn.Linear(EMBEDDING_WIDTH, CLASSES)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        features = self.last(self.blocks(self.stem(to_channels_first(pixels))))
        embedding = torch.mean(features, dim=(2, 3))
        return torch.softmax(self.classes(embedding), dim=1), embedding


def load_species(state: dict[str, Tensor]) -> SpeciesNet:
    """Build the species network from a checkpoint, normalisation folded, in eval mode.

    The checkpoint lists its tensors in the order the network applies them, which is also the order
    of this module's own state, so they are matched by position and checked by shape.

    Raises:
        ValueError: the checkpoint has other tensors than EfficientNet-Lite0.
    """
    network = SpeciesNet()
    own = network.state_dict()
    theirs = list(state.values())
    shapes_agree = [tuple(t.shape) for t in own.values()] == [tuple(t.shape) for t in theirs]
    if not shapes_agree:
        raise ValueError(
            f"the checkpoint's {len(theirs)} tensors are not those of EfficientNet-Lite0 "
            f"({len(own)} expected, in order): is this efficientnet-lite0-57934424.pth?"
        )
    network.load_state_dict(dict(zip(own, theirs, strict=True)))
    network.eval()
    fold_normalisation(network)
    return network
