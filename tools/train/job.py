"""One run of training: the samples, where results go, and the two things that can be trained."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.registry import Registry, load_registry
from tools.train.bases import BASES
from tools.train.material.collection import collect, read_notes
from tools.train.material.samples import GROUPS, Sample
from tools.train.material.sets import training_sets
from tools.train.material.split import folds_of
from tools.train.material.teacher import Teacher
from tools.train.registering import prepare_folder, register

SHIPPED_NOTES = Path(__file__).parent / "material" / "noted-people.csv"
GENTLE: dict[str, Any] = {"steps": 300, "rate": 3e-4, "decay": 2.0}
"""How a head that knows something already is taught more."""
NOT_HELD_OUT = (
    "Nothing was held out. What models made in the same way, each without one fold of stations,\n"
    "do on that fold stands in [docs/accuracy.md](../docs/accuracy.md)."
)
EVERY_S = 5.0
"""Seconds between lines of progress."""

if TYPE_CHECKING:
    from tools.train.agreement import DetectorAgreement
    from tools.train.tune.measuring import Measured

Say = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """``learnt`` and ``held`` are the samples to learn from and to judge by; ``about`` says in a
    sentence what they are."""

    out: Path
    name: str
    registry: Registry
    learnt: Sequence[Sample]
    held: Sequence[Sample]
    about: str
    say: Say

    @classmethod
    def prepare(
        cls,
        data: Sequence[Path],
        out: Path,
        name: str,
        notes: Path | None,
        held_out: tuple[int, int] | None,
        say: Say,
    ) -> Job:
        """Read the sets, let the teacher look at what nobody drew boxes on, and divide.

        Raises EvaluationError for folders without labelled pictures.
        """
        registry = load_registry(prepare_folder(out))
        sets = training_sets(data)
        say(f"{sum(len(b.frames) for one in sets for b in one.bursts)} pictures; looking at them")
        teacher = Teacher(registry.get(BASES["detector"]))
        samples = list(collect(sets, teacher, read_notes(notes or SHIPPED_NOTES)))
        if held_out is None:
            learnt, held = samples, []
        else:
            folds = folds_of(samples, sets, held_out[1])
            learnt = [s for s, fold in zip(samples, folds, strict=True) if fold != held_out[0]]
            held = [s for s, fold in zip(samples, folds, strict=True) if fold == held_out[0]]
        say(f"{len(learnt)} to learn from, {len(held)} of other stations to judge by")
        about = (
            f"{len(learnt)} photographs of {', '.join(sorted({one.name for one in sets}))}; rights"
            " of single photographs not stated"
        )
        return cls(out, name, registry, learnt, held, about, say)


def train_groups(job: Job, from_scratch: bool) -> None:
    """Fit the group head, beginning with the registry's own, and register it."""
    from tools.train.groups.features import features_of
    from tools.train.groups.making import (
        as_model,
        at_operating_point,
        confusion,
        fit_head,
        registered,
        sharpened,
    )
    from tools.train.groups.network import Recipe

    species = job.registry.get(BASES["species"])
    start = None if from_scratch else registered(job.registry, species)
    spoken = _Now(job.say)
    looked = features_of(
        job.learnt, species, lambda done, of: spoken(f"group head: {done} of {of} pictures")
    )
    head = fit_head(
        looked.embeddings,
        looked.groups,
        Recipe() if start is None else Recipe(**GENTLE),
        lambda step, of, loss: spoken(f"group head: step {step} of {of}, loss {loss:.3f}"),
        start,
    )
    lines = [NOT_HELD_OUT]
    if start is None:
        head = sharpened(head)
    if job.held:
        held = features_of(job.held, species, lambda *_: None, passes=1)
        head = at_operating_point(head, held)
        lines = _confusion_lines(confusion(head, held.embeddings, held.groups))
    model = as_model(f"{job.name}-groups", head, species, job.about, lines)
    register(job.out, model)
    job.say(f"group head: {model.name}, {len(model.contents)} bytes")


def train_detector(
    job: Job, epochs: int, pictures: int, sides: Sequence[int], device: str, point: float | None
) -> None:
    """Tune the detector, export it at every side and register it; the first side is the default."""
    import torch

    from tools.train.tune import making
    from tools.train.tune.classes import widened
    from tools.train.tune.drawing import Drawing, load_scene
    from tools.train.tune.loop import NEW_SHARE, Progress, Recipe, blended, train
    from tools.train.tune.measuring import measure
    from tools.train.tune.operating import moved, operating_point
    from tools.train.weights import read_weights
    from tools.train.yolox_net import build_detector, load_detector

    base = job.registry.get(BASES["detector"])
    recipe = Recipe(epochs=epochs, pictures=pictures)
    drawing = Drawing(job.learnt, [load_scene(sample) for sample in job.learnt], pictures)
    network = build_detector(read_weights(base.source))
    start = widened(network.state_dict())
    network = build_detector(start)
    spoken = _Now(job.say)

    def tell(p: Progress) -> None:
        spoken(
            f"detector: epoch {p.epoch} of {epochs}, step {p.step} of {p.steps}, loss {p.loss:.2f},"
            f" {p.left_s / 60:.0f} min left"
        )

    state = train(network, drawing, recipe, job.out / f"{job.name}.checkpoint", tell, device)
    torch.save(state, job.out / f"{job.name}-detector.pt")
    state = blended(start, state, NEW_SHARE)
    measured = measure(load_detector(state), job.held, sides[0]) if job.held else None
    if point is None:
        point = operating_point(measured.found["animal"] if measured else ())
    state = moved(state, point)
    for side in reversed(sides):
        job.say(f"detector: exporting at {side} pixels")
        float_model, int8_model = making.export(state, base, side, job.learnt)
        name = f"{job.name}-detector-{side}"
        model = making.as_model(name, base, side, int8_model, job.about, "")
        register(job.out, model)
        entry = load_registry(job.out / "registry.toml").get(name)
        agreed = making.agreement(entry, float_model, int8_model, job.held or job.learnt)
        card = _detector_card(name, base.source.package, point, measured, agreed, job.about)
        register(job.out, making.as_model(name, base, side, int8_model, job.about, card))
        job.say(f"detector: {name}, {len(int8_model)} bytes")


class _Now:
    """Says a line now and then, lest a pipe fill with them."""

    def __init__(self, say: Say) -> None:
        self._say, self._spoke_at = say, 0.0

    def __call__(self, line: str) -> None:
        if time.monotonic() - self._spoke_at >= EVERY_S:
            self._spoke_at = time.monotonic()
            self._say(line)


def _confusion_lines(table: np.ndarray) -> list[str]:
    head = "| held-out looks of | " + " | ".join(GROUPS) + " |"
    lines = [head, "|---" * (len(GROUPS) + 1) + "|"]
    for name, row in zip(GROUPS, table, strict=True):
        lines.append(f"| {name} ({int(row.sum())}) | " + " | ".join(map(str, row)) + " |")
    return lines


def _detector_card(
    name: str,
    package: str,
    point: float,
    measured: Measured | None,
    agreed: DetectorAgreement,
    about: str,
) -> str:
    lines = [
        f"# {name}",
        "",
        f"Finds animals, people and vehicles. MegaDetector-lite (`{package}`), tuned.",
        "",
        "| | |",
        "|---|---|",
        "| role | detector: animal, human, vehicle |",
        "| licence | MIT, that of the weights it was tuned from |",
        "| SHA-256 | `{sha256}` |",
        "| made by | `irbis train --only detector` |",
        f"| operating point | raw score {point:.2f} counts as 0.25 |",
        "",
        "## Measured",
        "",
        *(_held_out_lines(measured, point) if measured else [NOT_HELD_OUT, ""]),
        "## Int8 against float",
        "",
        "On pictures that ranges were not calibrated on, over a score of 0.25:",
        "",
        "| | |",
        "|---|---|",
        *(f"| {key.replace('_', ' ')} | {value:.4g} |" for key, value in asdict(agreed).items()),
        "",
        "## Training photographs",
        "",
        f"{about}.",
        "",
        "People on trails, livestock and ibex are nearly missing from them: say what you find.",
        "",
    ]
    return "\n".join(lines)


def _held_out_lines(measured: Measured, point: float) -> list[str]:
    lines = [
        "At stations and in collections that were held out; float, raw scores.",
        "",
        "| | count | over the operating point | label right |",
        "|---|---|---|---|",
    ]
    for label, scores in measured.found.items():
        over = sum(score >= point for score in scores)
        lines.append(f"| {label} | {len(scores)} | {over} | {measured.right[label]} |")
    fired = sum(score >= point for score in measured.empty)
    return [*lines, f"| empty frames fired on | {len(measured.empty)} | {fired} | |", ""]
