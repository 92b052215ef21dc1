"""What the float models say about a few shipped photographs, kept for the tests.

The tests need no PyTorch: they run the int8 files and compare with this record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from models.registry import ModelEntry
from tools.train.agreement import Floats, Runner, decode, keep_best
from tools.train.pictures import SUFFIXES, to_input

SCHEMA = "irbis.float-reference/1"


def choose_pictures(folder: Path) -> list[Path]:
    """The first readable photograph of each subfolder: one a burst, in order."""
    chosen = []
    for burst in sorted(p for p in folder.iterdir() if p.is_dir()):
        frames = sorted(p for p in burst.iterdir() if p.suffix.lower() in SUFFIXES)
        chosen.extend(frames[:1])
    return chosen


def describe(
    entry: ModelEntry, float_model: bytes, folder: Path, pictures: Iterable[Path]
) -> dict[str, object]:
    """Run the float model on each picture and note what matters, by path within `folder`."""
    run = Runner(float_model)
    note = _detections if entry.role == "detector" else _classes
    noted: dict[str, object] = {}
    for path in pictures:
        with Image.open(path) as picture:
            outputs = run(to_input(picture.convert("RGB"), entry.input))
        noted[path.relative_to(folder).as_posix()] = {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            **note(entry, outputs),
        }
    return noted


def write_reference(path: Path, models: dict[str, dict[str, object]]) -> None:
    """Write the record; models not exported this time keep what was there."""
    known: dict[str, object] = {}
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))["models"]
    record = {"schema": SCHEMA, "models": {**known, **models}}
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _detections(entry: ModelEntry, outputs: Sequence[Floats]) -> dict[str, object]:
    boxes, scores = decode(list(outputs), entry.input.shape[1], entry.strides)
    kept = keep_best(boxes, scores, entry.thresholds["detection"])
    return {
        "best_score": round(float(scores.max()), 4),
        "boxes": [[round(float(v), 1) for v in box] for box in kept],
    }


def _classes(entry: ModelEntry, outputs: Sequence[Floats]) -> dict[str, object]:
    probabilities, embedding = outputs
    targets = list(entry.load_labels().groups["spotted_cat"])
    best = probabilities.argsort()[::-1][:2]
    return {
        "best": [int(index) for index in best],
        "probabilities": [round(float(probabilities[index]), 4) for index in best],
        "target_mass": round(float(probabilities[targets].sum()), 4),
        "embedding": [round(float(v), 2) for v in embedding],
    }
