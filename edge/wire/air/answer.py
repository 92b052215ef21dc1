"""Whom a cat is most like, in 8 bytes: two individuals by their numbers, and their scores."""

from __future__ import annotations

from dataclasses import dataclass

from edge.records import Sighting
from edge.wire.air import scales
from edge.wire.air.bits import Layout
from edge.wire.air.roster import CHECK_BITS, INDEX_BITS, NOBODY, UNLISTED, Roster
from edge.wire.errors import WireError

ANSWER = Layout(
    "catalogue's answer",
    (
        ("catalogue", CHECK_BITS),
        ("first", INDEX_BITS),
        ("first score", scales.SCORE_BITS),
        ("second", INDEX_BITS),
        ("second score", scales.SCORE_BITS),
        ("nobody", scales.SCORE_BITS),
    ),
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """An individual by its number in the catalogue's roster, None for one without; 0..1."""

    index: int | None
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the catalogue with this check said: whom it is most like, at most two, best first.

    ``nobody`` is the probability that it is none of the catalogue, None where that was not told.
    """

    catalogue: int
    likenesses: tuple[Likeness, ...]
    nobody: float | None


def answer_of(sighting: Sighting, roster: Roster) -> Answer | None:
    """The answer in ``sighting``, by the numbers of ``roster``; None where there is none."""
    if not sighting.identities and sighting.not_in_catalogue is None:
        return None
    return Answer(
        roster.check,
        tuple(Likeness(roster.index(one.individual), one.score) for one in sighting.identities[:2]),
        sighting.not_in_catalogue,
    )


def encode_answer(answer: Answer) -> bytes:
    """8 bytes; numbers are held within what they can tell."""
    told = [
        (UNLISTED if one.index is None else min(one.index, UNLISTED), one.score)
        for one in answer.likenesses[:2]
    ]
    (first, first_score), (second, second_score) = (*told, (NOBODY, 0.0), (NOBODY, 0.0))[:2]
    nobody = scales.NO_SCORE if answer.nobody is None else scales.score_code(answer.nobody)
    return ANSWER.pack(
        {
            "catalogue": scales.held(answer.catalogue, CHECK_BITS),
            "first": first,
            "first score": scales.score_code(first_score),
            "second": second,
            "second score": scales.score_code(second_score),
            "nobody": nobody,
        }
    )


def decode_answer(data: bytes) -> Answer:
    """What ``encode_answer`` wrote. Raises WireError."""
    values = ANSWER.unpack(data)
    likenesses = []
    for place in ("first", "second"):
        index = values[place]
        score = scales.score_of(values[f"{place} score"], f"{place} score")
        if index != NOBODY:
            likenesses.append(Likeness(None if index == UNLISTED else index, score))
        elif score:
            raise WireError(f"catalogue's answer: a {place} score without an individual")
    if values["first"] == NOBODY and likenesses:
        raise WireError("catalogue's answer: a second individual without a first")
    nobody = values["nobody"]
    return Answer(
        values["catalogue"],
        tuple(likenesses),
        None if nobody == scales.NO_SCORE else scales.score_of(nobody, "nobody"),
    )
