"""What one session uses of the data budget: asked before each thing that is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edge.uplink.cellular.budget import DataBudget, Reserved, on_the_network
from edge.uplink.cellular.errors import SessionSpent

_SLACK_BYTES = 4096
"""Counted, and not yet paid: each payment is a write to the card."""


class Meter:
    """``counted`` gives the bytes that an interface counted since the session began, or None.

    ``most_bytes`` is what the session may use, 0 for as much as the budget has. ``urgent`` is
    whether what is sent now may use what is kept for alerts. For one thread.
    """

    def __init__(
        self, budget: DataBudget, counted: Callable[[], int | None], most_bytes: int = 0
    ) -> None:
        self._budget = budget
        self._counted = counted
        self._most_bytes = most_bytes
        self._reserved: Reserved | None = None
        self.urgent = True

    @property
    def used_bytes(self) -> int:
        """What the session has used: as counted, or as estimated where nobody counts."""
        counted = self._counted()
        return self._reserved_bytes if counted is None else counted

    def spend(self, payload_bytes: int) -> None:
        """Make room for so many bytes of payload and their headers. Raises DataSpent, SessionSpent.

        Where the interface has counted more than was estimated so far, that is paid first.
        """
        behind = max(0, (self._counted() or 0) - self._reserved_bytes)
        wanted = behind + on_the_network(payload_bytes)
        if self._most_bytes and self._reserved_bytes + wanted > self._most_bytes:
            raise SessionSpent(f"this session's {self._most_bytes} bytes are used")
        reserved = self._budget.reserve(wanted, self.urgent)
        begun = self._reserved or replace(reserved, size_bytes=0)
        self._reserved = replace(begun, size_bytes=begun.size_bytes + wanted)

    def keep_up(self) -> None:
        """Pay for what the interface has counted that nobody asked for: what comes for us, and what
        went twice. Raises DataSpent, SessionSpent."""
        if (self._counted() or 0) - self._reserved_bytes > _SLACK_BYTES:
            self.spend(0)

    def give_back(self, payload_bytes: int) -> None:
        """What was just made room for was not sent. Raises StateUnwritable."""
        if self._reserved is not None:
            unsent = replace(self._reserved, size_bytes=on_the_network(payload_bytes))
            self._budget.settle(unsent, 0)
            left = self._reserved.size_bytes - unsent.size_bytes
            self._reserved = replace(self._reserved, size_bytes=left)

    def settle(self) -> None:
        """The session is over: pay what was counted. Raises StateUnwritable."""
        counted, reserved = self._counted(), self._reserved
        if counted is not None and reserved is not None:
            self._budget.settle(reserved, counted)
            self._reserved = replace(reserved, size_bytes=counted)

    @property
    def _reserved_bytes(self) -> int:
        return self._reserved.size_bytes if self._reserved is not None else 0
