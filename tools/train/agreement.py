"""How far an int8 model is from the float one it was made from, on given pictures.

Both are run as TFLite files by the same interpreter, so what differs is the quantization alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from edge.records import Box
from edge.vision.boxes import overlap as overlap_of
from models.registry import ModelEntry

Floats = NDArray[np.float32]
Detail = dict[str, Any]
"""The runtime's own words on one tensor: name, index, shape, quantization."""
OVERLAP = 0.45
"""Boxes overlapping more than this are one animal (MegaDetector-lite's own setting)."""


class Runner:
    """A TFLite model run on real-valued input, giving real-valued output, int8 or not inside."""

    def __init__(self, contents: bytes, threads: int = 2) -> None:
        self._interpreter = Interpreter(model_content=contents, num_threads=threads)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = self._interpreter.get_output_details()

    def __call__(self, real: Floats) -> list[Floats]:
        """Run one `[1, H, W, 3]` float32 input; return the outputs dequantized, batch removed."""
        scale, zero_point = self._input["quantization"]
        if scale:
            levels = np.rint(real / scale) + zero_point
            real = np.clip(levels, -128, 127).astype(np.int8)
        self._interpreter.set_tensor(self._input["index"], real)
        self._interpreter.invoke()
        return [self._real(detail) for detail in self._outputs]

    @property
    def outputs(self) -> list[Detail]:
        """The runtime's own details of the output tensors, in the file's order."""
        return list(self._outputs)

    def _real(self, detail: Detail) -> Floats:
        values = self._interpreter.get_tensor(detail["index"])[0]
        scale, zero_point = detail["quantization"]
        if not scale:
            return np.asarray(values, np.float32)
        return np.asarray((values.astype(np.float32) - zero_point) * scale, np.float32)


@dataclass(frozen=True)
class DetectorAgreement:
    """Int8 detections against float ones over some frames (scores 0..1)."""

    frames: int
    score_difference_mean: float
    score_difference_max: float
    frames_found_float: int
    frames_found_int8: int
    frames_agreeing: int
    boxes_float: int
    boxes_int8: int
    boxes_matched: int


@dataclass(frozen=True)
class SpeciesAgreement:
    """Int8 classification against float over some pictures (probabilities 0..1)."""

    pictures: int
    top1_agreeing: int
    mass_difference_mean: float
    mass_difference_max: float
    gate_agreeing: int
    embedding_cosine_mean: float
    embedding_cosine_min: float


def compare_detectors(
    entry: ModelEntry, float_model: bytes, int8_model: bytes, inputs: Iterable[Floats]
) -> DetectorAgreement:
    """Compare best scores, and boxes over the registered threshold that overlap by half."""
    threshold = entry.thresholds["detection"]
    runs = Runner(float_model), Runner(int8_model)
    differences, found, counts = [], [], np.zeros(3, int)
    for real in inputs:
        (boxes_a, scores_a), (boxes_b, scores_b) = (
            decode(run(real), entry.input.shape[1], entry.strides) for run in runs
        )
        differences.append(abs(float(scores_a.max()) - float(scores_b.max())))
        found.append((scores_a.max() > threshold, scores_b.max() > threshold))
        kept_a = keep_best(boxes_a, scores_a, threshold)
        kept_b = keep_best(boxes_b, scores_b, threshold)
        counts += (len(kept_a), len(kept_b), matched(kept_a, kept_b))
    hits = np.array(found)
    return DetectorAgreement(
        frames=len(found),
        score_difference_mean=float(np.mean(differences)),
        score_difference_max=float(np.max(differences)),
        frames_found_float=int(hits[:, 0].sum()),
        frames_found_int8=int(hits[:, 1].sum()),
        frames_agreeing=int((hits[:, 0] == hits[:, 1]).sum()),
        boxes_float=int(counts[0]),
        boxes_int8=int(counts[1]),
        boxes_matched=int(counts[2]),
    )


def compare_species(
    entry: ModelEntry, float_model: bytes, int8_model: bytes, inputs: Iterable[Floats]
) -> SpeciesAgreement:
    """Compare the first choice, the mass of the target classes, and the embedding's direction."""
    targets = list(entry.load_labels().groups["spotted_cat"])
    threshold = entry.thresholds["target_mass"]
    runs = Runner(float_model), Runner(int8_model)
    same, masses, cosines = [], [], []
    for real in inputs:
        (p, e, *_), (q, f, *_) = (run(real) for run in runs)
        same.append(p.argmax() == q.argmax())
        masses.append((p[targets].sum(), q[targets].sum()))
        cosines.append(float(e @ f / (np.linalg.norm(e) * np.linalg.norm(f))))
    mass = np.array(masses)
    gap = np.abs(mass[:, 0] - mass[:, 1])
    gates = mass > threshold
    return SpeciesAgreement(
        pictures=len(same),
        top1_agreeing=int(np.sum(same)),
        mass_difference_mean=float(gap.mean()),
        mass_difference_max=float(gap.max()),
        gate_agreeing=int((gates[:, 0] == gates[:, 1]).sum()),
        embedding_cosine_mean=float(np.mean(cosines)),
        embedding_cosine_min=float(np.min(cosines)),
    )


def decode(outputs: list[Floats], side: int, strides: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Turn YOLOX outputs into `[A, 4]` boxes (x1, y1, x2, y2 in input pixels) and `[A]` scores."""
    raw, objectness, score = outputs
    cells, steps = [], []
    for stride in strides:
        count = side // stride
        rows, columns = np.mgrid[0:count, 0:count]
        cells.append(np.stack((columns.ravel(), rows.ravel()), axis=1))
        steps.append(np.full(count * count, stride))
    step = np.concatenate(steps)[:, None].astype(np.float32)
    centre = (raw[:, :2] + np.concatenate(cells)) * step
    half = np.exp(raw[:, 2:]) * step / 2
    boxes = np.concatenate((centre - half, centre + half), axis=1).astype(np.float32)
    return boxes, objectness[:, 0] * score.max(axis=1)


def keep_best(boxes: Floats, scores: Floats, threshold: float) -> Floats:
    """Return boxes over the threshold, best first, without those overlapping a better one."""
    order = np.argsort(-scores, kind="stable")
    kept: list[Floats] = []
    for index in order[scores[order] > threshold]:
        if all(overlap(boxes[index], other) <= OVERLAP for other in kept):
            kept.append(boxes[index])
    return np.array(kept, np.float32).reshape(-1, 4)


def matched(ours: Floats, theirs: Floats) -> int:
    """How many of `ours` have a partner of their own in `theirs` overlapping by half or more."""
    free = list(theirs)
    count = 0
    for box in ours:
        best = max(range(len(free)), key=lambda i: overlap(box, free[i]), default=None)
        if best is not None and overlap(box, free[best]) >= 0.5:
            free.pop(best)
            count += 1
    return count


def overlap(a: Floats, b: Floats) -> float:
    """Intersection over union of two boxes given by their corners."""
    return overlap_of(_box(a), _box(b))


def _box(corners: Floats) -> Box:
    x1, y1, x2, y2 = map(float, corners)
    return Box(x1, y1, x2 - x1, y2 - y1)
