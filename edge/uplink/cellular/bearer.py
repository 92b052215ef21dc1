"""A data connection that is there for one session, behind four methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Signal:
    """How well the network is heard: ``quality`` 0..1, ``technology`` as people call it."""

    quality: float
    technology: str


class Bearer(Protocol):
    """Whatever connects a station for a while. For one thread."""

    def up(self) -> None:
        """Connect; returns once there is a data connection. Raises BearerError."""

    def signal(self) -> Signal | None:
        """How well the network is heard, where that is known."""

    def used_bytes(self) -> int | None:
        """Both directions since ``up``, with all headers; None where nobody counts."""

    def down(self) -> bool:
        """End it, also one that a process before this one began; whether it is off now. Never
        raises; twice does no harm."""


class AlwaysUp:
    """A network that somebody else looks after: Ethernet, Wi-Fi, a router."""

    def up(self) -> None:
        """It is."""

    def signal(self) -> None:
        return None

    def used_bytes(self) -> None:
        return None

    def down(self) -> bool:
        """It stays, and draws nothing of ours."""
        return True
