"""How probable it is that a transmission arrives, learnt from those that did and did not."""

from __future__ import annotations

from dataclasses import dataclass

MEMORY = 32.0
"""Old outcomes count for e times less after so many newer ones."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Arrived and lost, both counted with fading weights, as a beta distribution of (1, 1) before
    the first outcome (Laplace's rule of succession)."""

    arrived: float = 0.0
    lost: float = 0.0

    @property
    def chance(self) -> float:
        """Between 0.5 without experience and what experience says; never 0."""
        return (self.arrived + 1) / (self.arrived + self.lost + 2)

    def after(self, arrived: bool) -> Delivery:
        """With one more outcome."""
        fading = 1 - 1 / MEMORY
        return Delivery(
            self.arrived * fading + arrived,
            self.lost * fading + (not arrived),
        )
