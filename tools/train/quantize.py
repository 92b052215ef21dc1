"""From a PyTorch network to an int8 TFLite file: convert, choose ranges, quantize."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence

import litert_torch
import numpy as np
import torch
from litert_quantizer import calibrator, qtyping, recipe, recipe_manager
from litert_quantizer.quantizer import Quantizer
from litert_quantizer.utils import qsv_utils
from torch import nn

from tools.train.ranges import Floats, Span, choose_ranges

SIGNATURE = "serving_default"
INPUT = "args_0"


def to_float_tflite(network: nn.Module, shape: tuple[int, ...]) -> bytes:
    """Convert an eval-mode network taking one `shape` float32 tensor to a float TFLite file."""
    model = litert_torch.convert(network, (torch.zeros(shape),))
    return bytes(model.model_content())


def to_int8_tflite(float_model: bytes, input_span: Span, inputs: Sequence[Floats]) -> bytes:
    """Quantize weights and activations to int8.

    `input_span` is the real range that -128 and 127 of the input stand for; all other ranges come
    from running `inputs`, each `[1, H, W, 3]` float32 (see `ranges`).
    """
    rules = recipe.static_wi8_ai8()
    statistics = _extremes(float_model, rules, inputs)
    seen = {
        name: (float(np.min(found["min"])), float(np.max(found["max"])))
        for name, found in statistics.items()
        if "min" in found and np.size(found["min"]) == 1
    }
    for name, span in choose_ranges(float_model, seen, input_span, inputs).items():
        found = statistics[name]
        found["min"] = np.full_like(found["min"], span[0])
        found["max"] = np.full_like(found["max"], span[1])
    with contextlib.redirect_stderr(io.StringIO()):
        result = Quantizer(float_model, rules).quantize(
            statistics, enable_progress_report=False, enable_progress_bar=False
        )
    return bytes(result.quantized_model)


def _extremes(
    float_model: bytes, rules: qtyping.ModelQuantizationRecipe, inputs: Sequence[Floats]
) -> dict[str, qtyping.QSV]:
    """True minimum and maximum of every tensor over all inputs, in the quantizer's own form."""
    manager = recipe_manager.RecipeManager()
    manager.load_quantization_recipe(rules)
    observer = calibrator.Calibrator(
        float_model, num_threads=2, qsv_update_func=qsv_utils.min_max_update
    )
    with contextlib.redirect_stderr(io.StringIO()):  # a progress bar that cannot be turned off
        observer.calibrate({SIGNATURE: [{INPUT: x} for x in inputs]}, manager)
    statistics: dict[str, qtyping.QSV] = observer.get_model_qsvs()
    return statistics
