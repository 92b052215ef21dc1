"""Undo the mean shift that rounding weights to int8 gives each channel.

Rounding a layer's weights moves the mean of each output channel a little, and over fifty layers
the little adds up. The shift can be measured on pictures and taken off the layer's bias, layer by
layer (Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias Correction",
arXiv:1906.04721, section 4.2, the empirical form).
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

LEVELS = 127
"""Largest magnitude of a symmetric int8 weight."""

STEP = 2.0**-10
"""Corrections are rounded to this, so that another processor's float noise leaves no trace."""


def correct_biases(network: nn.Module, inputs: Tensor) -> nn.Module:
    """Return a copy of `network` whose biases await int8 weights; its weights stay as they are.

    One pass over the `[N, H, W, 3]` inputs suffices: as each layer of the rounded network
    answers, its output is corrected before the next layer sees it.
    """
    wanted = _float_means(network, inputs)
    rounded = copy.deepcopy(network)
    shifts: dict[str, Tensor] = {}

    def corrector(name: str) -> object:
        def hook(_: nn.Module, __: object, output: Tensor) -> Tensor:
            shift = wanted[name] - _channel_means(output)
            shifts[name] = torch.round(shift / STEP) * STEP
            return output + _along_channels(shifts[name], output)

        return hook

    for name, layer in _weighted_layers(rounded).items():
        layer.weight.data = _round_weight(layer.weight.data)
        layer.register_forward_hook(corrector(name))
    with torch.no_grad():
        rounded(inputs)

    corrected = copy.deepcopy(network)
    for name, layer in _weighted_layers(corrected).items():
        layer.bias.data += shifts[name]
    return corrected


def _float_means(network: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
    means: dict[str, Tensor] = {}

    def recorder(name: str) -> object:
        def hook(_: nn.Module, __: object, output: Tensor) -> None:
            means[name] = _channel_means(output)

        return hook

    handles = [
        layer.register_forward_hook(recorder(name))
        for name, layer in _weighted_layers(network).items()
    ]
    with torch.no_grad():
        network(inputs)
    for handle in handles:
        handle.remove()
    return means


def _weighted_layers(network: nn.Module) -> dict[str, nn.Conv2d | nn.Linear]:
    return {
        name: layer
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    }


def _round_weight(weight: Tensor) -> Tensor:
    """Round to int8 levels with one scale per output channel, as the quantizer will."""
    scale = weight.abs().amax(dim=tuple(range(1, weight.ndim)), keepdim=True) / LEVELS
    scale = scale.clamp_min(torch.finfo(weight.dtype).tiny)
    return torch.round(weight / scale) * scale


def _channel_means(output: Tensor) -> Tensor:
    return output.mean(dim=(0, 2, 3) if output.ndim == 4 else 0)


def _along_channels(values: Tensor, output: Tensor) -> Tensor:
    return values[None, :, None, None] if output.ndim == 4 else values[None]
