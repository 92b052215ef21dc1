"""What a station and basecamp said was done, and where the card's log stood when they did."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Span:
    """A deed began when the card's log had ``begun`` entries, and had returned at ``done``."""

    begun: int = NEVER
    done: int = NEVER

    def and_again(self, other: Span) -> Span:
        """The same deed, begun anew after its process was killed."""
        return Span(min(self.begun, other.begun), min(self.done, other.done))


class Pen:
    """Writes deeds into a file outside the card, each at once: the writer may be killed."""

    def __init__(self, path: Path, position: Callable[[], int]) -> None:
        self._path = path
        self._position = position

    def around(self, what: str, which: str, call: Callable[[], bool]) -> bool:
        """Do it, and write down when; what it returned. A deed that left nothing to do, returning
        False, was done before and is not written down."""
        begun = self._position()
        self._write(what, which, Span(begun))
        result = call()
        if result:
            self._write(what, which, Span(begun, self._position()))
        return result

    def note(self, what: str, which: str) -> None:
        """It has just happened."""
        position = self._position()
        self._write(what, which, Span(position, position))

    def _write(self, what: str, which: str, span: Span) -> None:
        line = json.dumps([what, which, span.begun, span.done]) + "\n"
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)


@dataclass(frozen=True, slots=True)
class Diary:
    """All deeds of a life: by what was done, then by what it was done to."""

    spans: dict[str, dict[str, Span]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Diary:
        diary = cls()
        for line in path.read_text().splitlines():
            what, which, begun, done = json.loads(line)
            of_kind = diary.spans.setdefault(what, {})
            of_kind[which] = Span(begun, done).and_again(of_kind.get(which, Span()))
        return diary

    def of(self, what: str, which: str) -> Span:
        return self.spans.get(what, {}).get(which, Span())

    def done_by(self, what: str, cut: int) -> set[str]:
        """What had surely been done when the card had taken ``cut`` entries."""
        return {which for which, span in self.spans.get(what, {}).items() if span.done <= cut}

    def begun_by(self, what: str, cut: int) -> set[str]:
        """What may have been done by then: it had been begun."""
        return {which for which, span in self.spans.get(what, {}).items() if span.begun < cut}
