"""The seam between the scheduler and a link's stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from edge.uplink.schedule.situation import Candidate, LinkState


class Carrier(Protocol):
    """A link, as the scheduler sees it. Both methods are called from any stage's thread, often, and
    must answer at once from what is known."""

    @property
    def name(self) -> str:
        """One word: "mqtt", "lorawan", "cellular", "satellite", ..."""

    def link(self) -> LinkState:
        """What it carries now, what that costs, and what stands in its way."""

    def own(self, now_s: float) -> Sequence[Candidate]:
        """What waits for this link alone, beside the outbox: each with ``only`` its name."""
