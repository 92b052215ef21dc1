"""One run of training: the samples, the base models, and where results go."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.registry import Registry, load_registry
from tools.train.bases import BASES
from tools.train.material.collection import collect, read_notes
from tools.train.material.samples import Sample
from tools.train.material.sets import training_sets
from tools.train.material.split import folds_of
from tools.train.material.teacher import Teacher
from tools.train.registering import prepare_folder

SHIPPED_NOTES = Path(__file__).parent / "material" / "noted-people.csv"
EVERY_S = 5.0
"""Seconds between lines of progress."""

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

    def saying_seldom(self) -> Say:
        """``say`` for lines of which only one now and then is worth reading."""
        return _Seldom(self.say)


class _Seldom:
    """Lets one line through every EVERY_S, lest a pipe fill with them."""

    def __init__(self, say: Say) -> None:
        self._say, self._spoke_at = say, 0.0

    def __call__(self, line: str) -> None:
        if time.monotonic() - self._spoke_at >= EVERY_S:
            self._spoke_at = time.monotonic()
            self._say(line)
