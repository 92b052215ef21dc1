"""Make the shipped int8 models again: `python -m tools.train.export --out DIR`.

Reads which weights, which input and which outputs from the registry, calibrates on the shipped
photographs, writes the `.tflite` files, prints their SHA-256 and how far they are from float.
On one kind of processor two runs give the same bytes.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from models.registry import ModelEntry, load_registry
from tools.train import agreement, pictures, reference
from tools.train.bases import BASES
from tools.train.bias_correction import correct_biases
from tools.train.efficientnet_net import load_species
from tools.train.quantize import to_float_tflite, to_int8_tflite
from tools.train.taps import SPECIES_MAPS, tapped
from tools.train.weights import WeightsError, read_weights
from tools.train.yolox_net import load_detector

ROOT = Path(__file__).resolve().parents[2]
PHOTOGRAPHS = ROOT / "tools" / "demo" / "photos"
REFERENCE = ROOT / "tests" / "models" / "float_reference.json"
ROLES = tuple(BASES)
BUILDERS: dict[str, Callable[..., nn.Module]] = {"yolox": load_detector, "softmax": load_species}

EVERY_THIRD = 3
"""Channel means settle with far fewer pictures than extremes do."""

THREADS = 2
"""Fixed, because the order of a parallel sum depends on how many take part."""


@dataclasses.dataclass(frozen=True)
class Exported:
    """A model as TFLite, before and after quantization."""

    float_model: bytes
    int8_model: bytes


def export_model(entry: ModelEntry, photographs: Sequence[Image.Image]) -> Exported:
    """Build, convert, correct, calibrate and quantize one registered model."""
    network = BUILDERS[entry.decode](read_weights(entry.source))
    samples = pictures.calibration_inputs(photographs, entry.input)
    corrected = correct_biases(network, torch.from_numpy(np.concatenate(samples[::EVERY_THIRD])))
    quantized = to_int8_tflite(
        to_float_tflite(corrected, entry.input.shape), pictures.input_span(entry.input), samples
    )
    if entry.role == "species":
        quantized = tapped(quantized, SPECIES_MAPS)
    return Exported(to_float_tflite(network, entry.input.shape), quantized)


def compare(
    entry: ModelEntry, made: Exported, photographs: Sequence[Image.Image]
) -> agreement.DetectorAgreement | agreement.SpeciesAgreement:
    """Measure int8 against float on `photographs`, unaltered."""
    inputs = (pictures.to_input(picture, entry.input) for picture in photographs)
    if entry.role == "detector":
        return agreement.compare_detectors(entry, made.float_model, made.int8_model, inputs)
    return agreement.compare_species(entry, made.float_model, made.int8_model, inputs)


def register(entry: ModelEntry, contents: bytes) -> None:
    """Copy a model beside the registry; note its new size and hash there and in its card."""
    registry = entry.path.with_name("registry.toml")
    digest = hashlib.sha256(contents).hexdigest()
    text = registry.read_text(encoding="utf-8")
    head, mark, tail = text.partition(f"[models.{entry.name}]\n")
    tail = tail.replace(entry.sha256, digest, 1)
    tail = tail.replace(f"size_bytes = {entry.size_bytes}", f"size_bytes = {len(contents)}", 1)
    card = entry.card_path.read_text(encoding="utf-8").replace(entry.sha256, digest)
    entry.path.write_bytes(contents)
    registry.write_text(head + mark + tail, encoding="utf-8")
    entry.card_path.write_text(card, encoding="utf-8")


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="tools.train.export", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the .tflite files")
    parser.add_argument("--only", choices=ROLES, help="export one of the two")
    parser.add_argument("--photos", type=Path, default=PHOTOGRAPHS, help="calibrate on these")
    parser.add_argument("--compare", type=Path, help="measure agreement on these instead")
    parser.add_argument("--keep-float", action="store_true", help="write the float files too")
    parser.add_argument(
        "--update-registry",
        action="store_true",
        help="install the files under models/ and refresh the registry and the tests' reference",
    )
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    """Export what was asked for."""
    photographs = pictures.load_photographs(options.photos)
    judged = pictures.load_photographs(options.compare) if options.compare else photographs
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(THREADS)
    noted: dict[str, dict[str, object]] = {}
    for role in (options.only,) if options.only else ROLES:
        entry = load_registry().get(BASES[role])
        made = export_model(entry, photographs)
        (options.out / entry.path.name).write_bytes(made.int8_model)
        if options.keep_float:
            (options.out / f"{entry.name}-float.tflite").write_bytes(made.float_model)
        print(f"{entry.path.name}  {len(made.int8_model)} bytes")
        print(f"  sha256  {hashlib.sha256(made.int8_model).hexdigest()}")
        for key, value in dataclasses.asdict(compare(entry, made, judged)).items():
            print(f"  {key}  {value:.4f}" if isinstance(value, float) else f"  {key}  {value}")
        if options.update_registry:
            register(entry, made.int8_model)
            chosen = reference.choose_pictures(PHOTOGRAPHS)
            noted[entry.name] = reference.describe(entry, made.float_model, PHOTOGRAPHS, chosen)
    if noted:
        reference.write_reference(REFERENCE, noted)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status: 0 done, 1 failed with one line on standard error."""
    try:
        run(parse_arguments(arguments))
    except (WeightsError, pictures.NoPhotographsError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
