"""One run of training: the samples, the base models, and where results go."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.registry import Registry, load_registry
from tools.evaluate.kept_back import note
from tools.evaluate.selection import Fold
from tools.train.bases import BASES
from tools.train.errors import TrainingError
from tools.train.material.collection import collect, read_notes
from tools.train.material.samples import Sample
from tools.train.material.sets import checked, training_sets
from tools.train.material.split import divided, places_in
from tools.train.material.teacher import Teacher
from tools.train.registering import NewModel, prepare_folder, register

SHIPPED_NOTES = Path(__file__).parent / "material" / "noted-people.csv"
EVERY_S = 5.0
"""Seconds between lines of progress."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """``learnt`` and ``held`` are the samples to learn from and to judge by, ``kept_back`` the
    places of the latter; ``about`` says in a sentence what is learnt from."""

    out: Path
    name: str
    registry: Registry
    learnt: Sequence[Sample]
    held: Sequence[Sample]
    kept_back: frozenset[str]
    about: str
    say: Say

    @classmethod
    def prepare(
        cls,
        data: Sequence[Path],
        out: Path,
        name: str,
        notes: Path | None,
        held_out: Fold | None,
        say: Say,
    ) -> Job:
        """Read the sets, let the teacher look at what nobody drew boxes on, and divide.

        Raises EvaluationError for folders without labelled pictures, TrainingError where there is
        nothing to learn from or, with a fold ``held_out``, nothing to judge by.
        """
        sets = training_sets(data)
        kept_back = places_in(sets, held_out) if held_out is not None else frozenset()
        registry = load_registry(prepare_folder(out))
        say(f"{sum(len(b.frames) for one in sets for b in one.bursts)} pictures; looking at them")
        teacher = Teacher(registry.get(BASES["detector"]))
        samples = list(collect(checked(sets), teacher, read_notes(notes or SHIPPED_NOTES)))
        if not samples:
            raise TrainingError(
                "nothing to learn from: no picture has a label that says what is on it, and a box"
                " or an animal that the detector finds"
            )
        learnt, held = divided(samples, kept_back) if held_out is not None else (samples, [])
        say(f"{len(learnt)} to learn from, {len(held)} of other stations to judge by")
        about = (
            f"{len(learnt)} photographs of {', '.join(sorted({_set_of(one) for one in learnt}))};"
            " their rights are not known to the command"
        )
        return cls(out, name, registry, learnt, held, kept_back, about, say)

    def register(self, model: NewModel) -> None:
        """Register ``model`` and note beside it which places it never learnt from."""
        digest = hashlib.sha256(model.contents).hexdigest()
        note(self.out, model.name, digest, self.kept_back)
        register(self.out, model)

    def saying_seldom(self) -> Say:
        """``say`` for lines of which only one now and then is worth reading."""
        return _Seldom(self.say)


def _set_of(sample: Sample) -> str:
    return sample.source.removesuffix("/empty")


class _Seldom:
    """Lets one line through every EVERY_S, lest a pipe fill with them."""

    def __init__(self, say: Say) -> None:
        self._say, self._spoke_at = say, 0.0

    def __call__(self, line: str) -> None:
        if time.monotonic() - self._spoke_at >= EVERY_S:
            self._spoke_at = time.monotonic()
            self._say(line)
