"""From tuned weights to a registered int8 detector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from models.registry import InputSpec, ModelEntry
from tools.train import pictures
from tools.train.agreement import DetectorAgreement, Runner, compare_detectors
from tools.train.bias_correction import correct_biases
from tools.train.material.samples import LABELS, Sample
from tools.train.quantize import to_float_tflite, to_int8_tflite
from tools.train.registering import NewModel, Value, source_table
from tools.train.tune.operating import COUNTS
from tools.train.yolox_net import STRIDES, load_detector

CALIBRATED_ON = 16
"""Training pictures, each in ten lights, from which int8 ranges are measured."""
COMPARED_ON = 120
EVERY_THIRD = 3
OBSERVATION = {"person": "human"}
"""What stations call a class, where that differs (Camtrap DP's observationType)."""


def export(
    state: dict[str, Tensor], base: ModelEntry, side: int, samples: Sequence[Sample]
) -> tuple[bytes, bytes]:
    """Float and int8 TFLite files of tuned weights at one input side, pixels square."""
    spec = input_of(base, side)
    network = load_detector(state)
    photographs = _photographs(calibrated_on(samples))
    inputs = pictures.calibration_inputs(photographs, spec)
    sampled = torch.from_numpy(np.concatenate(inputs[::EVERY_THIRD]))
    corrected = correct_biases(network, sampled)
    return (
        to_float_tflite(network, spec.shape),
        to_int8_tflite(to_float_tflite(corrected, spec.shape), pictures.input_span(spec), inputs),
    )


def agreement(
    entry: ModelEntry, float_model: bytes, int8_model: bytes, samples: Sequence[Sample]
) -> DetectorAgreement:
    """How far int8 is from float on some of ``samples``."""
    photographs = _photographs(_spread(samples, COMPARED_ON))
    inputs = (pictures.to_input(picture, entry.input) for picture in photographs)
    return compare_detectors(entry, float_model, int8_model, inputs)


def as_model(
    name: str,
    base: ModelEntry,
    side: int,
    int8_model: bytes,
    training_data: str,
    card: str,
) -> NewModel:
    """The detector as a file with its entry and card."""
    spec = input_of(base, side)
    return NewModel(
        name=name,
        role="detector",
        suffix=".tflite",
        contents=int8_model,
        card=card,
        fields={
            "decode": "yolox",
            "strides": list(STRIDES),
            "labels": [OBSERVATION.get(name, name) for name in LABELS],
            "licence": base.licence,
            "made_by": "irbis train --only detector",
            "training_data": training_data,
        },
        tables={
            "thresholds": {"detection": COUNTS, "overlap": base.thresholds["overlap"]},
            "input": {
                "shape": list(spec.shape),
                "dtype": spec.dtype,
                "colour": spec.colour,
                "mean": spec.mean,
                "std": spec.std,
                "fit": spec.fit,
                "pad": spec.pad,
                "pad_value": spec.pad_value,
                "scale": spec.scale,
                "zero_point": spec.zero_point,
            },
            "source": source_table(base.source),
        },
        outputs=_outputs(int8_model),
    )


def input_of(base: ModelEntry, side: int) -> InputSpec:
    """The base detector's input at another side."""
    kept = {name: getattr(base.input, name) for name in InputSpec.__dataclass_fields__}
    return InputSpec(**{**kept, "shape": (1, side, side, 3)})


def _outputs(int8_model: bytes) -> list[dict[str, Value]]:
    """The output tensors in the file's order; the exporter keeps that of ``Detector.forward``."""
    details = Runner(int8_model).outputs
    meanings = ("boxes", "objectness", "class_score")
    return [
        {
            "meaning": meaning,
            "index": index,
            "name": str(detail["name"]),
            "shape": [int(n) for n in detail["shape"]],
        }
        for index, (meaning, detail) in enumerate(zip(meanings, details, strict=True))
    ]


def calibrated_on(samples: Sequence[Sample]) -> list[Sample]:
    """Those of ``samples`` from which int8 ranges are measured."""
    return _spread(samples, CALIBRATED_ON)


def _spread(samples: Sequence[Sample], most: int) -> list[Sample]:
    """At most ``most`` of ``samples``, spread evenly."""
    return list(samples)[:: max(1, len(samples) // most)][:most]


def _photographs(samples: Sequence[Sample]) -> list[Image.Image]:
    """The pictures at the size that stations decode them to."""
    found = []
    for sample in samples:
        with Image.open(sample.path) as picture:
            picture.thumbnail((640, 640))
            found.append(picture.convert("RGB"))
    return found
