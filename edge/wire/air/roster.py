"""Whom a catalogue knows, as numbers: an individual is its place in the sorted list of names.

A radio record says which list it counts in by a 14-bit check of the names; basecamp, which made the
catalogue, finds the list again among those that it gave out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

INDEX_BITS = 10
CHECK_BITS = 14
NOBODY = 2**INDEX_BITS - 1
UNLISTED = NOBODY - 1


@dataclass(frozen=True, slots=True)
class Roster:
    """The names of a catalogue, sorted, each once; at most 1022 of them can be told by number."""

    individuals: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        return cls(tuple(sorted(set(names))))

    @property
    def check(self) -> int:
        """The upper 14 bits of BLAKE2b-16 over the names in UTF-8, a zero byte after each."""
        digest = hashlib.blake2b(digest_size=2, person=b"irbis roster 1")
        for name in self.individuals:
            digest.update(name.encode() + b"\x00")
        return int.from_bytes(digest.digest(), "big") >> 16 - CHECK_BITS

    def index(self, name: str) -> int | None:
        """The number of this individual; None for one that is not listed or has too high a one."""
        try:
            index = self.individuals.index(name)
        except ValueError:
            return None
        return index if index < UNLISTED else None

    def name(self, index: int | None) -> str | None:
        """Whose number this is; None for none, and for one beyond the list."""
        if index is None or not 0 <= index < len(self.individuals):
            return None
        return self.individuals[index]
