"""YOLOX-tiny as MegaDetector-lite was trained, for export and for further training.

Layer widths and the order of layers follow the YOLOX paper (Ge et al. 2021, arXiv:2107.08430) at
depth 0.33 and width 0.375; attribute names follow the checkpoint's keys. Two things differ from a
training implementation. The Focus stem (four interleaved half-size pictures, then a 3x3
convolution) is one 6x6 convolution of stride 2, which is the same sum written once. And box
regression, objectness and class score leave as three tensors, because one int8 scale shared by
pixel offsets and probabilities would waste most of its steps on the offsets.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tools.train.layers import NormedConv, fold_normalisation, to_channels_first

STRIDES = (8, 16, 32)
WIDTHS = (24, 48, 96, 192, 384)
HEAD_WIDTH = 96


class Bottleneck(nn.Module):
    """1x1 then 3x3 convolution, optionally added to its own input."""

    def __init__(self, channels: int, *, shortcut: bool) -> None:
        super().__init__()
        self.conv1 = NormedConv(channels, channels, 1)
        self.conv2 = NormedConv(channels, channels, 3)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2(self.conv1(x))
        return x + y if self.shortcut else y


class CrossStage(nn.Module):
    """Cross-stage partial block: half the channels pass through bottlenecks, half go round."""

    def __init__(self, channels_in: int, channels_out: int, depth: int, *, shortcut: bool) -> None:
        super().__init__()
        half = channels_out // 2
        self.conv1 = NormedConv(channels_in, half, 1)
        self.conv2 = NormedConv(channels_in, half, 1)
        self.conv3 = NormedConv(2 * half, channels_out, 1)
        self.m = nn.Sequential(*(Bottleneck(half, shortcut=shortcut) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv3(torch.cat((self.m(self.conv1(x)), self.conv2(x)), dim=1))
        return y


class PyramidPool(nn.Module):
    """Spatial pyramid pooling: the map beside its 5, 9 and 13 pixel maxima."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.conv1 = NormedConv(channels, half, 1)
        self.m = nn.ModuleList(nn.MaxPool2d(size, 1, size // 2) for size in (5, 9, 13))
        self.conv2 = NormedConv(4 * half, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        y: Tensor = self.conv2(torch.cat([x, *(pool(x) for pool in self.m)], dim=1))
        return y


class Stem(nn.Module):
    """The Focus stem as one 6x6 stride-2 convolution (weights by `focus_to_6x6`)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = NormedConv(3, WIDTHS[0], 6, 2)
        self.conv.conv.padding = (2, 2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return y


class Backbone(nn.Module):
    """CSPDarknet; returns the maps at strides 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        w0, w1, w2, w3, w4 = WIDTHS
        self.stem = Stem()
        self.dark2 = nn.Sequential(NormedConv(w0, w1, 3, 2), CrossStage(w1, w1, 1, shortcut=True))
        self.dark3 = nn.Sequential(NormedConv(w1, w2, 3, 2), CrossStage(w2, w2, 3, shortcut=True))
        self.dark4 = nn.Sequential(NormedConv(w2, w3, 3, 2), CrossStage(w3, w3, 3, shortcut=True))
        self.dark5 = nn.Sequential(
            NormedConv(w3, w4, 3, 2), PyramidPool(w4), CrossStage(w4, w4, 1, shortcut=False)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        stride8 = self.dark3(self.dark2(self.stem(x)))
        stride16 = self.dark4(stride8)
        return stride8, stride16, self.dark5(stride16)


class Neck(nn.Module):
    """Path-aggregation pyramid: coarse maps flow down to fine ones and back up."""

    def __init__(self) -> None:
        super().__init__()
        *_, w2, w3, w4 = WIDTHS
        self.backbone = Backbone()
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        self.lateral_conv0 = NormedConv(w4, w3, 1)
        self.C3_p4 = CrossStage(2 * w3, w3, 1, shortcut=False)
        self.reduce_conv1 = NormedConv(w3, w2, 1)
        self.C3_p3 = CrossStage(2 * w2, w2, 1, shortcut=False)
        self.bu_conv2 = NormedConv(w2, w2, 3, 2)
        self.C3_n3 = CrossStage(2 * w2, w3, 1, shortcut=False)
        self.bu_conv1 = NormedConv(w3, w3, 3, 2)
        self.C3_n4 = CrossStage(2 * w3, w4, 1, shortcut=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fine, middle, coarse = self.backbone(x)
        coarse = self.lateral_conv0(coarse)
        middle = self.reduce_conv1(self.C3_p4(torch.cat((self.upsample(coarse), middle), dim=1)))
        out8 = self.C3_p3(torch.cat((self.upsample(middle), fine), dim=1))
        out16 = self.C3_n3(torch.cat((self.bu_conv2(out8), middle), dim=1))
        out32 = self.C3_n4(torch.cat((self.bu_conv1(out16), coarse), dim=1))
        return out8, out16, out32


class Head(nn.Module):
    """Decoupled head: for each stride, four box numbers, objectness and the class scores."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        w = HEAD_WIDTH
        self.stems = nn.ModuleList(NormedConv(c, w, 1) for c in WIDTHS[2:])
        self.cls_convs = nn.ModuleList(self._pair() for _ in STRIDES)
        self.reg_convs = nn.ModuleList(self._pair() for _ in STRIDES)
        self.cls_preds = nn.ModuleList(nn.Conv2d(w, classes, 1) for _ in STRIDES)
        self.reg_preds = nn.ModuleList(nn.Conv2d(w, 4, 1) for _ in STRIDES)
        self.obj_preds = nn.ModuleList(nn.Conv2d(w, 1, 1) for _ in STRIDES)

    @staticmethod
    def _pair() -> nn.Sequential:
        return nn.Sequential(
            NormedConv(HEAD_WIDTH, HEAD_WIDTH, 3), NormedConv(HEAD_WIDTH, HEAD_WIDTH, 3)
        )

    def forward(self, maps: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        boxes, objectness, scores = [], [], []
        for level, features in enumerate(maps):
            x = self.stems[level](features)
            where = self.reg_convs[level](x)
            what = self.cls_convs[level](x)
            boxes.append(_rows(self.reg_preds[level](where)))
            objectness.append(_rows(self.obj_preds[level](where)))
            scores.append(_rows(self.cls_preds[level](what)))
        return torch.cat(boxes, 1), torch.cat(objectness, 1), torch.cat(scores, 1)


class Detector(nn.Module):
    """Pixels `[N, H, W, 3]` BGR 0-255 to `(boxes, objectness, class scores)`.

    Shapes are `[N, A, 4]`, `[N, A, 1]` and `[N, A, C]`, anchors in stride order 8, 16, 32 and
    row-major within a stride. Boxes are raw: centre x, y = (grid + raw) * stride; width,
    height = exp(raw) * stride, in pixels of the padded input.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.backbone = Neck()
        self.head = Head(classes)

    def logits(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The same with objectness and class scores before their sigmoid, for training."""
        out: tuple[Tensor, Tensor, Tensor] = self.head(self.backbone(to_channels_first(pixels)))
        return out

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        boxes, objectness, scores = self.logits(pixels)
        return boxes, torch.sigmoid(objectness), torch.sigmoid(scores)


def _rows(level: Tensor) -> Tensor:
    """Turn one level's `[N, C, H, W]` map into `[N, H * W, C]` rows, one an anchor."""
    return torch.permute(level, (0, 2, 3, 1)).flatten(1, 2)


def focus_to_6x6(weight: Tensor) -> Tensor:
    """Rearrange a Focus stem's `[O, 12, 3, 3]` weight into the equal `[O, 3, 6, 6]` one.

    Focus stacks the pixels at (even row, even column), (odd, even), (even, odd), (odd, odd), so a
    tap at (i, j) of the half-size picture is the tap (2i + row, 2j + column) of the whole one.
    """
    out = weight.new_zeros(weight.shape[0], 3, 6, 6)
    for block, (row, column) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        out[:, :, row::2, column::2] = weight[:, 3 * block : 3 * block + 3]
    return out


def build_detector(state: dict[str, Tensor]) -> Detector:
    """Build the detector from a YOLOX-tiny state dict, as trained: normalisation not folded.

    The number of classes is the checkpoint's; a Focus stem is rewritten as a 6x6 convolution.

    Raises:
        RuntimeError: a key or shape does not fit the network (from `load_state_dict`).
    """
    stem = "backbone.backbone.stem.conv.conv.weight"
    network = Detector(classes=len(state["head.cls_preds.0.bias"]))
    if state[stem].shape[1] != 3:
        state = {**state, stem: focus_to_6x6(state[stem])}
    network.load_state_dict(state)
    return network


def load_detector(state: dict[str, Tensor]) -> Detector:
    """Build the detector for export: normalisation folded, in eval mode.

    Raises:
        RuntimeError: a key or shape does not fit the network (from `load_state_dict`).
    """
    network = build_detector(state)
    network.eval()
    fold_normalisation(network)
    return network
