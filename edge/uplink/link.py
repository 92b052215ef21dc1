"""The seam between the outbox and whatever carries it."""

from __future__ import annotations

from typing import Protocol


class Link(Protocol):
    """A way to basecamp that takes whole messages and brings acknowledgements back."""

    @property
    def generation(self) -> int:
        """Counts the times the link came up; what was under way before then must be sent again."""

    @property
    def is_up(self) -> bool:
        """Whether it is up now."""

    def send(self, data: bytes) -> bool:
        """Hand a message over; False when the link cannot take it now.

        Raises TooLarge for one it will never take.
        """

    def poll(self, timeout_s: float) -> list[bytes]:
        """Wait for up to ``timeout_s``; the ids of the items that basecamp has stored."""

    def close(self) -> None:
        """Release the link."""
