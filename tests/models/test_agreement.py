"""The shipped int8 models still say what their float originals said of the shipped photographs.

`float_reference.json` is written by `python -m tools.train.export --update-registry`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models.registry import ModelEntry, load_registry
from tools.train.agreement import Runner, decode, keep_best, matched
from tools.train.bases import BASES
from tools.train.pictures import to_input

PHOTOGRAPHS = Path(__file__).resolve().parents[2] / "tools" / "demo" / "photos"
REFERENCE = Path(__file__).with_name("float_reference.json")

SCORE_TOLERANCE = 0.15
"""The largest difference of a best score seen on 240 trap frames when the model was made."""

MASS_TOLERANCE = 0.15
"""Likewise for the summed probability of the spotted cats."""

COSINE_FLOOR = 0.96
"""Likewise, the embedding's least likeness to its float original."""

Noted = dict[str, dict[str, Any]]


def noted(entry: ModelEntry) -> Noted:
    record: Noted = json.loads(REFERENCE.read_text(encoding="utf-8"))["models"][entry.name]
    return record


def outputs(entry: ModelEntry, runner: Runner, name: str, sha256: str) -> list[Any]:
    path = PHOTOGRAPHS / name
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert found == sha256, f"{name} changed since the reference was made: run the export again"
    with Image.open(path) as picture:
        return runner(to_input(picture.convert("RGB"), entry.input))


@pytest.fixture(scope="module")
def detector() -> tuple[ModelEntry, Runner]:
    entry = load_registry().get(BASES["detector"])
    return entry, Runner(entry.read(), threads=1)


@pytest.fixture(scope="module")
def species() -> tuple[ModelEntry, Runner]:
    entry = load_registry().get(BASES["species"])
    return entry, Runner(entry.read(), threads=1)


def test_the_reference_covers_several_photographs() -> None:
    for name in BASES.values():
        assert len(noted(load_registry().get(name))) >= 8, name


def test_detector_scores_stay_near_the_float_ones(detector: tuple[ModelEntry, Runner]) -> None:
    entry, runner = detector
    for name, wanted in noted(entry).items():
        raw = outputs(entry, runner, name, wanted["sha256"])
        _, scores = decode(raw, entry.input.shape[1], entry.strides)
        assert float(scores.max()) == pytest.approx(wanted["best_score"], abs=SCORE_TOLERANCE), name


def test_detector_boxes_lie_where_the_float_ones_lay(detector: tuple[ModelEntry, Runner]) -> None:
    entry, runner = detector
    found = expected = 0
    for name, wanted in noted(entry).items():
        raw = outputs(entry, runner, name, wanted["sha256"])
        boxes, scores = decode(raw, entry.input.shape[1], entry.strides)
        kept = keep_best(boxes, scores, entry.thresholds["detection"])
        theirs = np.array(wanted["boxes"], np.float32).reshape(-1, 4)
        found += matched(theirs, kept)
        expected += len(theirs)
    assert expected >= 5
    assert found >= 0.85 * expected


def test_the_spotted_cats_keep_their_share(species: tuple[ModelEntry, Runner]) -> None:
    entry, runner = species
    targets = list(entry.load_labels().groups["spotted_cat"])
    for name, wanted in noted(entry).items():
        probabilities, *_ = outputs(entry, runner, name, wanted["sha256"])
        share = float(probabilities[targets].sum())
        assert share == pytest.approx(wanted["target_mass"], abs=MASS_TOLERANCE), name


def test_a_clear_first_choice_stays_the_first(species: tuple[ModelEntry, Runner]) -> None:
    entry, runner = species
    clear = 0
    for name, wanted in noted(entry).items():
        first, second = wanted["probabilities"]
        if first - second > 0.2:
            clear += 1
            probabilities, *_ = outputs(entry, runner, name, wanted["sha256"])
            assert int(probabilities.argmax()) == wanted["best"][0], name
    assert clear >= 3


def test_embeddings_keep_their_direction(species: tuple[ModelEntry, Runner]) -> None:
    entry, runner = species
    for name, wanted in noted(entry).items():
        _, embedding, *_ = outputs(entry, runner, name, wanted["sha256"])
        theirs = np.array(wanted["embedding"], np.float32)
        cosine = embedding @ theirs / (np.linalg.norm(embedding) * np.linalg.norm(theirs))
        assert float(cosine) > COSINE_FLOOR, name


@pytest.mark.parametrize("role", ["detector", "species"])
def test_the_files_tensors_are_as_registered(role: str) -> None:
    from ai_edge_litert.interpreter import Interpreter

    entry = load_registry().get(BASES[role])
    interpreter = Interpreter(model_content=entry.read())
    interpreter.allocate_tensors()
    [given] = interpreter.get_input_details()
    assert tuple(given["shape"]) == entry.input.shape
    assert given["dtype"] == np.dtype(entry.input.dtype)
    assert given["quantization"] == (entry.input.scale, entry.input.zero_point)
    found = interpreter.get_output_details()
    assert len(found) == len(entry.outputs)
    for spec in entry.outputs:
        assert found[spec.index]["name"] == spec.name
        assert tuple(found[spec.index]["shape"]) == spec.shape
        assert found[spec.index]["dtype"] == np.int8
