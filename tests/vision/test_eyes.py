"""The real models are loaded, agree with their registry, and being without them never stops."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.config import Triage
from edge.records import Box, ObservationType
from edge.vision.decode import Pixels
from edge.vision.errors import InferenceError, RuntimeMissing
from edge.vision.eyes import Eyes, open_eyes
from edge.vision.interpreter import Network
from edge.vision.species import target_classes
from edge.vision.triage import judge
from models.registry import ModelEntry, Registry, load_registry


def with_entry(registry: Registry, entry: ModelEntry) -> Registry:
    return replace(registry, entries={**registry.entries, entry.name: entry})


@pytest.fixture(params=["detector", "species"])
def entry(request: pytest.FixtureRequest) -> ModelEntry:
    return load_registry().default(request.param)


def test_the_shipped_models_see(eyes: Eyes) -> None:
    assert eyes.working is not None
    assert [role for role, _ in eyes.models] == ["detector", "species", "groups", "parts"]


def test_real_models_judge_a_burst_of_plain_frames_as_blank(
    eyes: Eyes, policy: Triage, encoded: object
) -> None:
    assert callable(encoded)
    grain = np.random.default_rng(1).integers(0, 6, (480, 640, 3))
    grey = encoded((120 + grain).astype(np.uint8))
    judgement = judge([grey] * 2, eyes, policy)
    assert judgement.verdict.observation_type is ObservationType.BLANK
    assert judgement.timings_ms.detect > 0 and judgement.timings_ms.species > 0


def test_answers_are_probabilities_and_boxes_lie_in_the_frame(eyes: Eyes, spots: Pixels) -> None:
    assert eyes.working is not None
    finder, namer = eyes.working
    for found in finder.find(spots, 0.0):
        assert 0 <= found.score <= 1 and found.label in ("animal", "human", "vehicle")
        assert 0 <= found.box.x <= found.box.x + found.box.w <= 1 + 1e-6
        assert 0 <= found.box.y <= found.box.y + found.box.h <= 1 + 1e-6
    naming = namer.name(spots, [Box(0.2, 0.2, 0.5, 0.5)])
    assert 0 <= naming.target_mass <= 1
    scores = [score for _, score in naming.species]
    assert scores == sorted(scores, reverse=True) and all(0 < s <= 1 for s in scores)


def test_detections_fall_with_the_least_score_asked_for(eyes: Eyes, spots: Pixels) -> None:
    assert eyes.working is not None
    finder, _ = eyes.working
    all_of_them, sure = finder.find(spots, 0.01), finder.find(spots, 0.2)
    assert all(found.score >= 0.2 for found in sure)
    assert {f for f in all_of_them if f.score >= 0.2} >= set(sure)


def test_a_model_s_file_may_be_missing(entry: ModelEntry, tmp_path: Path) -> None:
    gone = replace(entry, path=tmp_path / "gone.tflite")
    eyes = open_eyes(Triage(), with_entry(load_registry(), gone))
    assert eyes.working is None
    assert eyes.blindness is not None and "gone.tflite" in eyes.blindness
    assert "\n" not in eyes.blindness


def test_a_model_s_file_may_be_cut_short(entry: ModelEntry, tmp_path: Path) -> None:
    path = tmp_path / "short.tflite"
    path.write_bytes(entry.path.read_bytes()[:1000])
    eyes = open_eyes(Triage(), with_entry(load_registry(), replace(entry, path=path)))
    assert eyes.blindness is not None
    assert "1000" in eyes.blindness and str(entry.size_bytes) in eyes.blindness


def test_a_registered_file_may_be_no_network(entry: ModelEntry, tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "junk.tflite"
    path.write_bytes(b"junk" * 100)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    junk = replace(entry, path=path, size_bytes=400, sha256=digest)
    eyes = open_eyes(Triage(), with_entry(load_registry(), junk))
    assert eyes.blindness is not None and "cannot be loaded" in eyes.blindness


def test_a_model_that_is_not_registered_blinds() -> None:
    eyes = open_eyes(Triage(detector="no-such-model"))
    assert eyes.blindness is not None and "no-such-model" in eyes.blindness


def test_a_target_that_the_head_does_not_know_blinds_rather_than_being_missed() -> None:
    eyes = open_eyes(Triage(targets=("Felis imaginaria",)))
    assert eyes.blindness is not None and "Felis imaginaria" in eyes.blindness


def test_a_station_without_a_runtime_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, entry: ModelEntry
) -> None:
    for module in ("ai_edge_litert", "ai_edge_litert.interpreter", "tflite_runtime"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RuntimeMissing, match="install ai-edge-litert"):
        Network(entry.read(), entry.input)
    blind = open_eyes(Triage())
    assert blind.blindness is not None and "install ai-edge-litert" in blind.blindness


def test_a_jaguar_counts_where_a_leopard_is_looked_for() -> None:
    labels = load_registry().default("species").load_labels()
    jaguar = set(labels.indices("Panthera onca"))
    assert jaguar and jaguar <= set(target_classes(labels, ["Panthera pardus"], "m").tolist())
    assert not jaguar & set(target_classes(labels, ["Vulpes vulpes"], "m").tolist())


@pytest.mark.parametrize(
    "image",
    [np.zeros((10, 10, 3), np.uint8), np.zeros((320, 320, 3), np.float32)],
    ids=["size", "type"],
)
def test_a_picture_that_does_not_fit_is_refused(image: Pixels) -> None:
    detector = load_registry().default("detector")
    network = Network(detector.read(), detector.input)
    with pytest.raises(InferenceError, match="takes uint8"):
        network.run(image)


def test_chosen_rows_and_thresholds_agree_with_the_full_output(spots: Pixels) -> None:
    detector = load_registry().default("detector")
    network = Network(detector.read(), detector.input)
    network.run(np.resize(spots, (320, 320, 3)))
    for output in detector.outputs:
        real = network.output(output.index)
        least = float(np.median(real))
        assert (
            network.strong(output.index, least).tolist()
            == np.flatnonzero(real.ravel() >= least - 1e-6).tolist()
        )
        rows = np.array([5, 0, 7])
        assert np.array_equal(network.picked(output.index, rows), real[rows])


def test_the_shipped_head_turns_its_mass_into_a_calibrated_probability() -> None:
    calibration = open_eyes(Triage()).calibration
    assert calibration.probability(0.01) < 0.1
    assert 0.2 < calibration.probability(0.2) < 0.9  # the target's threshold: perhaps a cat
    assert calibration.probability(0.9) > 0.9
