"""What follows from a judgement: what is kept, what gives way first, what goes on air. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from edge.records import (
    Crop,
    Descriptor,
    Judgement,
    ObservationType,
    Sighting,
    Vitals,
)
from edge.spool.items import CapturedBurst, GivesWay
from edge.wire.crop import reference


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of one burst.

    ``sighting`` and ``crops`` go on air; ``send_evidence`` sends the sealed file itself, because
    nothing in it could be shown. ``gives_way`` is None while the evidence must not go.
    """

    keep: bool
    audited: bool = False
    gives_way: GivesWay | None = None
    sighting: Sighting | None = None
    crops: tuple[Crop, ...] = ()
    send_evidence: bool = False


def decide(
    burst: CapturedBurst,
    judgement: Judgement,
    station: str,
    vitals: Vitals,
    audit_share: float,
    send_unknown: bool,
    send_audits: bool,
    descriptor_max_bytes: int,
) -> Outcome:
    """The rules, most valuable first:

    - a target goes on air with its crops and is kept until basecamp has it;
    - so does what may hold a target (it could not be judged in full, or shows a faint one beside
      another animal), with one small picture, or as it is if nothing in it could be opened here;
    - a target of which no picture could be made is sent as it is, too;
    - people and vehicles go on air as an alert without a picture, for their privacy;
    - where a picture of what may be a target was withheld, because a person may be in it, the
      evidence does not go on air, either, and stays on the card longer than all else;
    - other animals are kept and give way by age;
    - a blank is dropped, unless the audit draws it; that goes on air as it is, if it is to. One
      that a second look was spared stays on the card as if drawn, is not sent, and is no audit.
    """
    verdict = judgement.verdict
    kind = verdict.observation_type
    if kind is ObservationType.BLANK:
        audited = is_audited(burst.burst_id, audit_share)
        return Outcome(
            keep=audited or judgement.spared_looks > 0,
            audited=audited,
            gives_way=GivesWay.AUDITED_BLANK,
            send_evidence=audited and send_audits,
        )
    if kind is ObservationType.ANIMAL and not verdict.target and not verdict.perhaps_target:
        return Outcome(keep=True, gives_way=GivesWay.NOT_WANTED)
    sighting = _sighting(burst, judgement, station, vitals, descriptor_max_bytes)
    if verdict.people and not verdict.target and not verdict.perhaps_target:
        return Outcome(
            keep=True,
            gives_way=GivesWay.NOT_WANTED,
            sighting=sighting,
            crops=judgement.crops,
        )
    bare = not judgement.crops
    return Outcome(
        keep=True,
        gives_way=GivesWay.WITHHELD if bare and judgement.withheld else None,
        sighting=sighting,
        crops=judgement.crops,
        send_evidence=bare and not judgement.withheld and (verdict.target or send_unknown),
    )


def is_audited(burst_id: str, share: float) -> bool:
    """Whether the audit draws this burst: a coin thrown by its id, the same at every throw."""
    digest = hashlib.blake2b(burst_id.encode(), digest_size=8, person=b"irbis audit 1").digest()
    return int.from_bytes(digest, "big") < share * 2**64


def _sighting(
    burst: CapturedBurst,
    judgement: Judgement,
    station: str,
    vitals: Vitals,
    descriptor_max_bytes: int,
) -> Sighting:
    verdict = judgement.verdict
    return Sighting(
        station=station,
        burst_id=burst.burst_id,
        captured_at=burst.captured_at,
        clock=burst.clock,
        frame_count=burst.frame_count,
        observation_type=verdict.observation_type,
        target=verdict.target,
        target_score=verdict.target_score,
        species=verdict.species,
        count=verdict.count,
        side=judgement.side,
        quality=judgement.quality,
        reason=verdict.reason,
        doubts=verdict.doubts,
        crops=tuple(map(reference, judgement.crops)),
        descriptors=_short(judgement.descriptors, descriptor_max_bytes),
        models=judgement.models,
        vitals=vitals,
        identities=judgement.identities,
        not_in_catalogue=judgement.not_in_catalogue,
        people=verdict.people,
    )


def _short(descriptors: tuple[Descriptor, ...], max_bytes: int) -> tuple[Descriptor, ...]:
    return tuple(d for d in descriptors if len(d.data) <= max_bytes)
