"""`irbis train --only groups`: fit the group head to a job's samples and register it."""

from __future__ import annotations

from tools.train.bases import BASES
from tools.train.groups.card import confusion_table
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
from tools.train.job import Job
from tools.train.registering import NOT_HELD_OUT, register

GENTLE = Recipe(steps=300, rate=3e-4, decay=2.0)
"""How a head that knows something already is taught more."""


def train_groups(job: Job, from_scratch: bool) -> None:
    """Fit the group head, beginning with the registry's own, and register it."""
    species = job.registry.get(BASES["species"])
    start = None if from_scratch else registered(job.registry, species)
    spoken = job.saying_seldom()
    looked = features_of(
        job.learnt, species, lambda done, of: spoken(f"group head: {done} of {of} pictures")
    )
    head = fit_head(
        looked.embeddings,
        looked.groups,
        Recipe() if start is None else GENTLE,
        lambda step, of, loss: spoken(f"group head: step {step} of {of}, loss {loss:.3f}"),
        start,
    )
    measured = list(NOT_HELD_OUT)
    if start is None:
        head = sharpened(head)
    if job.held:
        held = features_of(job.held, species, lambda *_: None, passes=1)
        head = at_operating_point(head, held)
        measured = confusion_table(confusion(head, held.embeddings, held.groups))
    model = as_model(f"{job.name}-groups", head, species, job.about, measured)
    register(job.out, model)
    job.say(f"group head: {model.name}, {len(model.contents)} bytes")
