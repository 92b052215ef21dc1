"""Giving a model's inner maps changes nothing else about it."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from models.registry import load_registry

taps = pytest.importorskip("tools.train.taps", reason="needs LiteRT's flatbuffer tools")


def answers(model: bytes, given: np.ndarray) -> list[np.ndarray]:
    runner = Interpreter(model_content=model, num_threads=1)
    runner.allocate_tensors()
    runner.set_tensor(runner.get_input_details()[0]["index"], given)
    runner.invoke()
    return [runner.get_tensor(d["index"]) for d in runner.get_output_details()]


def test_a_tapped_model_says_what_it_said_before_and_gives_the_map_too() -> None:
    entry = load_registry().default("species")
    model, shape = entry.read(), (1, 56, 56, 24)
    given = np.random.default_rng(1).integers(-128, 127, entry.input.shape, dtype=np.int8)
    before = answers(model, given)
    *after, extra = answers(taps.tapped(model, {"map4": shape}), given)
    assert extra.shape == shape and extra.std() > 0
    for old, new in zip(before, after, strict=True):
        assert (old == new).all()


def test_a_map_that_is_not_there_is_said_to_be_missing() -> None:
    model = load_registry().default("species").read()
    with pytest.raises(ValueError, match=r"no tensor of the shape \(1, 3, 3, 7\)"):
        taps.tapped(model, {"odd": (1, 3, 3, 7)})


def test_the_shipped_species_model_gives_the_maps_that_the_parts_network_reads() -> None:
    registry = load_registry()
    species = registry.default("species")
    assert registry.default("parts").reads == species.name
    for name, shape in taps.SPECIES_MAPS.items():
        assert species.output(name).shape == shape
