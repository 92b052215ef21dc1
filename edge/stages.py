"""What a station is made of: stages, each repeated by a Worker of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Stage(Protocol):
    """What a Worker repeats, and what is closed when it has ended."""

    def step(self) -> bool: ...

    def close(self) -> None: ...


class Later:
    """A stage that is made at its first step: its imports and its port must not delay arming."""

    def __init__(self, name: str, make: Callable[[], Stage]) -> None:
        self.name = name
        self._make = make
        self._stage: Stage | None = None

    def step(self) -> bool:
        if self._stage is None:
            self._stage = self._make()
        return self._stage.step()

    def close(self) -> None:
        if self._stage is not None:
            self._stage.close()
