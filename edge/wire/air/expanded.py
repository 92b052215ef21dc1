"""A radio sighting as the sighting that it was made from, as far as it tells: for basecamp."""

from __future__ import annotations

from datetime import datetime

from edge.records import Identity, Sighting
from edge.wire.air.answer import Answer, Likeness
from edge.wire.air.moment import Moment, Uptime, moment_code
from edge.wire.air.roster import Roster
from edge.wire.air.sighting import RadioSighting

REASON = "told by radio; the full record may follow"
DOUBT = "the full record tells why"
_ID_BYTES = 16


def provisional_id(reference: bytes, moment: Moment) -> str:
    """An id for a burst that is known by radio alone, the same however often it is told: the
    reference, 1 or 2 for a time or an uptime, 7 bytes of it, and zeros; in hexadecimal."""
    kind = 2 if isinstance(moment, Uptime) else 1
    told = reference + bytes((kind,)) + moment_code(moment).to_bytes(7, "big")
    return told.ljust(_ID_BYTES, b"\x00").hex()


def expanded(
    radio: RadioSighting, station: str, captured_at: datetime, roster: Roster | None = None
) -> Sighting:
    """``radio`` as a sighting of ``station`` under its provisional id.

    ``captured_at`` is its moment, resolved (edge.wire.air.moment). ``roster`` is the one with the
    check in the answer; without it, individuals go by their numbers.
    """
    name = radio.species_name
    answer = radio.answer
    return Sighting(
        station=station,
        burst_id=provisional_id(radio.reference, radio.moment),
        captured_at=captured_at,
        clock=radio.clock,
        frame_count=radio.frame_count,
        observation_type=radio.observation_type,
        target=radio.target,
        target_score=radio.target_score,
        species=() if name is None else ((name, radio.species_score),),
        count=radio.count,
        side=radio.side,
        quality=radio.quality,
        reason=REASON,
        doubts=(DOUBT,) if radio.doubtful else (),
        crops=(),
        descriptors=(),
        models=(),
        vitals=radio.vitals,
        identities=() if answer is None else _identities(answer, roster),
        not_in_catalogue=None if answer is None else answer.nobody,
        people=radio.people,
    )


def _identities(answer: Answer, roster: Roster | None) -> tuple[Identity, ...]:
    known = roster if roster is not None and roster.check == answer.catalogue else None
    return tuple(
        Identity(_name(one, answer.catalogue, known), one.score) for one in answer.likenesses
    )


def _name(one: Likeness, catalogue: int, roster: Roster | None) -> str:
    if one.index is None:
        return "someone without a number"
    name = roster.name(one.index) if roster is not None else None
    return name or f"number {one.index} of catalogue {catalogue:04x}"
