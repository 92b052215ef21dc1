"""The lists of names that stations count in: those of the catalogues that basecamp made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from edge.security.keys import BasecampToken
from edge.wire.air.answer import Answer
from edge.wire.air.roster import Roster


@dataclass(frozen=True, slots=True)
class Named:
    """An individual of an answer: its name where it is known, its number where there is one."""

    individual: str | None
    number: int | None
    score: float


class Rosters:
    """Finds a list by its check."""

    def __init__(self, rosters: Iterable[Roster] = ()) -> None:
        self._by_check: dict[int, set[Roster]] = {}
        for roster in rosters:
            self._by_check.setdefault(roster.check, set()).add(roster)

    @classmethod
    def load(cls, paths: Sequence[Path], basecamp: BasecampToken) -> Self:
        """The lists in catalogue files. Raises CatalogueError, naming the file."""
        if not paths:
            return cls()
        from edge.triage.known import load_catalogue  # loads the eyes; most do without

        return cls(Roster.of(load_catalogue(path, basecamp).individuals) for path in paths)

    def named(self, answer: Answer) -> tuple[Named, ...]:
        """Whom a cat is most like. Where two lists have one check, nobody is named by guess."""
        found = self._by_check.get(answer.catalogue, set())
        roster = next(iter(found)) if len(found) == 1 else None
        return tuple(
            Named(None if roster is None else roster.name(one.index), one.index, one.score)
            for one in answer.likenesses
        )
