"""Which pictures basecamp asks for over radio by itself, and which of them first."""

from __future__ import annotations

from edge.wire.air.answer import Answer
from edge.wire.air.sighting import RadioSighting

BEST_PICTURE = 0
"""A station names its best crop first; the others are asked for by people alone."""
OPERATOR = 3.0
"""What a person asked for goes before all else."""
NEW = 2.0
AMBIGUOUS = 1.0
KNOWN = 0.8
"""From this score on the catalogue's answer stands, and a picture would only confirm it. The two
others that could be meant have 0.2 between them: four to one at least."""


def worth_of(sighting: RadioSighting) -> float | None:
    """What the best picture of it is worth, to order crops; None where none is asked for.

    A cat that may be new, or of which the catalogue says nothing, or whose station has doubts, goes
    before one that the catalogue cannot tell apart. Within a class the picture counts that shows
    more: the mean of its quality and of the target's score.
    """
    if not sighting.target or not sighting.pictures:
        return None
    rank = _class_of(sighting)
    if rank is None:
        return None
    return rank + 0.99 * (sighting.quality + sighting.target_score) / 2


def _class_of(sighting: RadioSighting) -> float | None:
    if sighting.doubtful or _looks_new(sighting.answer):
        return NEW
    assert sighting.answer is not None
    return None if sighting.answer.likenesses[0].score >= KNOWN else AMBIGUOUS


def _looks_new(answer: Answer | None) -> bool:
    if answer is None or not answer.likenesses:
        return True
    return answer.nobody is not None and answer.nobody >= answer.likenesses[0].score
