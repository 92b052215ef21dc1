"""`irbis train --only detector`: tune the detector, export it, compare it and register it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from tools.train.bases import BASES
from tools.train.job import Job
from tools.train.material.contents import told
from tools.train.material.samples import Sample
from tools.train.tune import making
from tools.train.tune.card import Told, card
from tools.train.tune.classes import widened
from tools.train.tune.drawing import Drawing, load_scene
from tools.train.tune.loop import NEW_SHARE, Progress, Recipe, blended, train
from tools.train.tune.measuring import measure
from tools.train.tune.operating import moved
from tools.train.weights import read_weights
from tools.train.yolox_net import build_detector, load_detector


def train_detector(
    job: Job, recipe: Recipe, sides: Sequence[int], device: str, point: float
) -> None:
    """Tune the detector, export it at every side and register it; the first side is the default.

    ``point`` is the raw score that is to count as a detection.
    """
    base = job.registry.get(BASES["detector"])
    scenes = [load_scene(sample) for sample in job.learnt]
    drawing = Drawing(job.learnt, scenes, recipe.pictures)
    start = widened(build_detector(read_weights(base.source)).state_dict())
    spoken = job.saying_seldom()

    def tell(p: Progress) -> None:
        spoken(
            f"detector: epoch {p.epoch} of {recipe.epochs}, step {p.step} of {p.steps}, loss"
            f" {p.loss:.2f}, {p.left_s / 60:.0f} min left"
        )

    checkpoint = job.out / f"{job.name}.checkpoint"
    state = train(build_detector(start), drawing, recipe, checkpoint, tell, device)
    torch.save(state, job.out / f"{job.name}-detector.pt")
    state = blended(start, state, NEW_SHARE)
    measured = measure(load_detector(state), job.held, sides[0]) if job.held else None
    state = moved(state, point)
    compared, compared_in_words = _compared(job)
    for side in reversed(sides):
        job.say(f"detector: exporting at {side} pixels")
        float_model, int8_model = making.export(state, base, side, job.learnt)
        name = f"{job.name}-detector-{side}"
        entry = replace(base, input=making.input_of(base, side))
        agreed = making.agreement(entry, float_model, int8_model, compared)
        text = card(
            Told(
                name,
                base.source.package,
                point,
                sides[0],
                measured,
                agreed,
                compared_in_words,
                job.about,
                told(job.learnt),
            )
        )
        job.register(making.as_model(name, base, side, int8_model, job.about, text))
        job.say(f"detector: {name}, {len(int8_model)} bytes")


def _compared(job: Job) -> tuple[Sequence[Sample], str]:
    """The samples on which int8 is compared with float, and what they are in words."""
    if job.held:
        return job.held, "pictures that were held out"
    measured_from = {sample.path for sample in making.calibrated_on(job.learnt)}
    others = [sample for sample in job.learnt if sample.path not in measured_from]
    if others:
        return others, "pictures that were learnt from, but that ranges were not measured on"
    return job.learnt, "the very pictures that ranges were measured on"
