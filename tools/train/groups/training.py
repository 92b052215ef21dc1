"""`irbis train --only groups`: fit the group head to a job's samples and register it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import fill

from models.registry import load_registry
from tools.train.bases import BASES
from tools.train.groups.card import confusion_table
from tools.train.groups.features import Looked, features_of
from tools.train.groups.making import Fitted, as_model, confusion, fit_head, sharpened, shipped
from tools.train.groups.network import Recipe
from tools.train.groups.operating import Point, at, operating_point
from tools.train.job import Job
from tools.train.material.contents import told
from tools.train.registering import NOT_HELD_OUT

GENTLE = Recipe(steps=300, rate=3e-4, decay=2.0)
"""How a head that knows something already is taught more."""

Tell = Callable[[int, int, float], None]


def train_groups(job: Job, from_scratch: bool) -> None:
    """Fit the group head, beginning with the shipped one, choose where it calls a target, and
    register it."""
    species = job.registry.get(BASES["species"])
    start = None if from_scratch else shipped(load_registry(), species)
    before = "" if start is None else f"; before that {_of_the_shipped_head()}"
    spoken = job.saying_seldom()
    looked = features_of(
        job.learnt, species, lambda done, of: spoken(f"group head: {done} of {of} pictures")
    )

    def tell(step: int, of: int, loss: float) -> None:
        spoken(f"group head: step {step} of {of}, loss {loss:.3f}")

    places = [sample.place for sample in job.learnt]
    point = operating_point(looked, places, lambda part: _fitted(part, start, tell))
    head = at(_fitted(looked, start, tell), point)
    measured = list(NOT_HELD_OUT)
    if job.held:
        held = features_of(job.held, species, lambda *_: None, passes=1)
        measured = confusion_table(confusion(head, held.embeddings, held.groups))
    model = as_model(
        f"{job.name}-groups",
        head,
        species,
        job.about + before,
        [*measured, "", *_on_the_offset(point)],
        told(job.learnt),
    )
    job.register(model)
    job.say(f"group head: {model.name}, {len(model.contents)} bytes; {point.line}")


def _fitted(looked: Looked, start: Fitted | None, tell: Tell) -> Fitted:
    recipe = Recipe() if start is None else GENTLE
    head = fit_head(looked.embeddings, looked.groups, recipe, tell, start)
    return sharpened(head) if start is None else head


def _of_the_shipped_head() -> str:
    entry = load_registry().default("groups")
    return f"those of {entry.name} ({entry.sha256[:8]}), with which it began: {entry.training_data}"


def _on_the_offset(point: Point) -> Sequence[str]:
    return fill(point.line, 100).splitlines()
