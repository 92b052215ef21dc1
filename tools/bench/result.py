"""A measured number with what is needed to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Result:
    """``value`` is a number, or numbers by name. ``limit`` bounds ``judged``, from above.

    ``judged`` is what the limit is about where that is not the value itself. ``details`` go to the
    JSON as they are; ``notes`` are lines for a person.
    """

    name: str
    value: float | Mapping[str, float]
    unit: str
    limit: float | None = None
    judged: float | None = None
    rule: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def met(self) -> bool | None:
        """Whether the limit is kept; None without one."""
        if self.limit is None:
            return None
        number = self.judged if self.judged is not None else self.value
        if isinstance(number, Mapping):
            return all(n <= self.limit for n in number.values())
        return number <= self.limit
