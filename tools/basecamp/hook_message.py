"""What a carrier's cloud posts to basecamp, and nothing more of it than is needed.

Clouds tell where a device is: Iridium's estimate to a few kilometres, the cell's tower. That would
place a leopard. So a reader takes the device and the frame out of a post and lets go of the rest;
nothing else of it is logged, stored or shown, and what a refusal says holds nothing that was sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

LARGEST_POST_BYTES = 65_536
"""A post is about 1.5 kB."""
LARGEST_FRAME_BYTES = 340
"""The longest message up of Iridium SBD; a Notecard's note has 250."""


@dataclass(frozen=True, slots=True)
class HookMessage:
    """A frame, and the device that sent it as basecamp knows devices."""

    device: str
    frame: bytes = field(repr=False)


class HookCarrier(Protocol):
    """One kind of cloud that posts what its devices sent."""

    @property
    def name(self) -> str:
        """As people know it."""

    @property
    def path(self) -> str:
        """Where it posts."""

    def read(self, content_type: str, body: bytes) -> HookMessage | None:
        """The frame in a post; None for a post that holds none. Raises EventRefused."""
