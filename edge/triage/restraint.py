"""What battery and heat allow of judging. Nothing here holds back the catching."""

from __future__ import annotations

from typing import Protocol


class Restraint(Protocol):
    """Asked in the thread that judges."""

    def rests(self) -> bool:
        """Whether the next burst waits: the processor is too hot. Asked again and again."""
        ...

    def worked(self, seconds: float) -> None:
        """A burst took so long to judge."""
        ...

    @property
    def second_looks(self) -> bool:
        """Whether they are afforded."""
        ...


class _Unrestrained:
    @property
    def second_looks(self) -> bool:
        return True

    def rests(self) -> bool:
        return False

    def worked(self, seconds: float) -> None:
        pass


UNRESTRAINED: Restraint = _Unrestrained()
"""On mains, in the shade."""
