"""A trained model is what a station takes from then on, by default and by profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.registry import ModelEntry, Registry, load_registry
from tools.train.registering import NewModel, prepare_folder, register, source_table


def a_detector(base: ModelEntry, side: int) -> NewModel:
    """The shipped detector's bytes under another name."""
    spec = base.input
    return NewModel(
        name=f"valley-detector-{side}",
        role="detector",
        suffix=".tflite",
        contents=base.read(),
        card="# valley\n\n`{sha256}`\n",
        fields={
            "decode": base.decode,
            "strides": list(base.strides),
            "labels": list(base.labels),
            "licence": base.licence,
            "made_by": "hand",
            "training_data": "none",
        },
        tables={
            "thresholds": dict(base.thresholds),
            "input": {
                "shape": [1, side, side, 3],
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
        outputs=[
            {"meaning": o.meaning, "index": o.index, "name": o.name, "shape": list(o.shape)}
            for o in base.outputs
        ],
    )


def after(folder: Path, *sides: int) -> Registry:
    """The registry in ``folder`` once detectors of these sides were registered."""
    shipped = load_registry().default("detector")
    for side in sides:
        register(folder, a_detector(shipped, side))
    return load_registry(folder / "registry.toml")


def test_profiles_take_the_trained_detector_of_their_own_size(tmp_path: Path) -> None:
    registry = after(tmp_path, 448, 320)
    assert registry.default("detector").name == "valley-detector-320"
    assert registry.default("detector", "pi-zero2").name == "valley-detector-320"
    assert registry.default("detector", "pi5").name == "valley-detector-448"


@pytest.mark.parametrize("side", [256, 320])
def test_a_profile_of_another_size_keeps_what_it_had(side: int, tmp_path: Path) -> None:
    registry = after(tmp_path, side)
    assert (
        registry.default("detector", "pi5").name == load_registry().default("detector", "pi5").name
    )
    assert registry.default("detector").name == f"valley-detector-{side}"


def test_what_was_registered_can_be_registered_again(tmp_path: Path) -> None:
    first = after(tmp_path, 448, 320)
    text = prepare_folder(tmp_path).read_text(encoding="utf-8")
    again = after(tmp_path, 448, 320)
    assert again == first
    assert len(prepare_folder(tmp_path).read_text(encoding="utf-8").splitlines()) == len(
        text.splitlines()
    )


def test_the_card_names_the_bytes(tmp_path: Path) -> None:
    entry = after(tmp_path, 320).default("detector")
    assert entry.sha256 in entry.card_path.read_text(encoding="utf-8")
