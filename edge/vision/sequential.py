"""Evidence that adds up over the frames of a burst: Wald's sequential probability ratio test.

Each frame brings a log-likelihood ratio for "the target is in this burst" against "it is not",
from the species head's mass through the calibration that stands in the model registry. Three
things make the textbook sum fit a camera trap:

- A cat may be in the burst and not in the frame, so a frame without one is weak evidence against
  it: the ratio of a frame is that of a mixture, and never falls below ``log(1 - visible)``.
- Frames of one burst repeat each other, so only the most telling counts in full and every other
  one by ``independence``: one minus the correlation of two frames of the same burst.
- A frame that equals another brings nothing and is not counted at all.

The sum rises with every frame's mass and does not depend on the order of the frames.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from edge.vision.errors import InferenceError
from edge.vision.odds import log_odds, probability

_LEAST = 1e-6


class Ruling(Enum):
    """What the evidence so far allows to say."""

    TARGET = "target"
    NOTHING = "nothing"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the species head's mass m on the target group is worth.

    ``1 / (1 + exp(-(bias + slope * logit(m))))`` is the probability of a target (Platt 1999) where
    a share ``prior`` of all bursts holds one. ``visible`` is the share of a target burst's frames
    in which the head sees it, ``independence`` the weight of a further frame of the same burst.
    ``alpha`` and ``beta`` are the error rates of the test: a target told where there is none, and
    none where there is one. The detector's score is no part of it: given m it added nothing on
    development photographs. Raises InferenceError for numbers with which none of this can be told.
    """

    bias: float = 0.0
    slope: float = 1.0
    prior: float = 0.5
    visible: float = 0.9
    independence: float = 0.5
    alpha: float = 0.01
    beta: float = 0.3

    def __post_init__(self) -> None:
        if not (math.isfinite(self.bias) and math.isfinite(self.slope) and self.slope > 0):
            raise InferenceError(
                f"calibration: bias {self.bias}, slope {self.slope}: no rising line"
            )
        for name in ("prior", "alpha", "beta", "visible"):
            if not 0 < getattr(self, name) < 1:
                raise InferenceError(f"calibration: {name} is {getattr(self, name)}, not in 0..1")
        if not 0 <= self.independence <= 1:
            raise InferenceError(f"calibration: independence is {self.independence}, not in 0..1")

    def probability(self, mass: float) -> float:
        """0..1."""
        return probability(self._log_odds(mass))

    def posterior(self, evidence: float) -> float:
        """The probability, 0..1, that ``evidence`` makes of the prior."""
        return probability(evidence + log_odds(self.prior, _LEAST))

    def evidence(self, mass: float) -> float:
        """Log-likelihood ratio of one frame: rises with ``mass``, from ``log(1 - visible)``."""
        ratio = math.exp(self._log_odds(mass) - log_odds(self.prior, _LEAST))
        return math.log(1.0 - self.visible + self.visible * ratio)

    @property
    def sure(self) -> float:
        """Evidence from which a target is certain: ``log((1 - beta) / alpha)`` (Wald 1945)."""
        return math.log((1.0 - self.beta) / self.alpha)

    @property
    def ruled_out(self) -> float:
        """Evidence up to which a target is ruled out: ``log(beta / (1 - alpha))``."""
        return math.log(self.beta / (1.0 - self.alpha))

    def _log_odds(self, mass: float) -> float:
        return max(-60.0, min(60.0, self.bias + self.slope * log_odds(mass, _LEAST)))


IDENTITY = Calibration()


def together(masses: Iterable[float], calibration: Calibration) -> float:
    """The evidence of all frames that were looked at; 0 where there is none.

    ``masses`` holds the target mass of each frame, in any order.
    """
    ratios = [calibration.evidence(mass) for mass in masses]
    if not ratios:
        return 0.0
    best = max(ratios)
    return best + calibration.independence * (math.fsum(ratios) - best)


def ruling(masses: Iterable[float], calibration: Calibration) -> Ruling:
    """Whether the evidence has passed one of Wald's two bounds."""
    evidence = together(masses, calibration)
    if evidence >= calibration.sure:
        return Ruling.TARGET
    return Ruling.NOTHING if evidence <= calibration.ruled_out else Ruling.OPEN
