"""Probabilities as log odds, in which evidence adds up."""

from __future__ import annotations

import math

_MOST = 60.0
"""Log odds beyond which a probability is 0 or 1 in double precision."""


def log_odds(probability: float, least: float) -> float:
    """``log(p / (1 - p))`` of a probability kept ``least`` away from 0 and from 1."""
    probability = min(max(probability, least), 1.0 - least)
    return math.log(probability / (1.0 - probability))


def probability(odds: float) -> float:
    """The probability, 0..1, whose log odds are ``odds``."""
    return 1.0 / (1.0 + math.exp(-max(-_MOST, min(_MOST, odds))))
