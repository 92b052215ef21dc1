"""What follows from a judgement: what stays, what goes on air, what gives way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.records import FrameJudgement, Judgement, ObservationType, Vitals
from edge.spool.items import GivesWay
from edge.triage.outcome import Outcome, decide, is_audited
from tests.spool.makers import a_burst, burst_id
from tests.triage.makers import CODE, FLANK, HEAD, a_judgement, captured

ANIMAL, HUMAN, VEHICLE = ObservationType.ANIMAL, ObservationType.HUMAN, ObservationType.VEHICLE
BLANK, UNKNOWN = ObservationType.BLANK, ObservationType.UNKNOWN


def outcome(judgement: Judgement, audit_share: float = 0.0, send_unknown: bool = True) -> Outcome:
    burst = captured(a_burst(1))
    return decide(burst, judgement, "ridge-1", Vitals(3700), audit_share, send_unknown, 24)


def test_a_target_goes_on_air_with_its_crops_and_must_not_go() -> None:
    result = outcome(a_judgement(ANIMAL, True, (FLANK, HEAD)))
    assert result.keep
    assert result.gives_way is None
    assert result.crops == (FLANK, HEAD)
    assert not result.send_evidence
    assert result.sighting is not None
    assert result.sighting.target
    assert len(result.sighting.crops) == 2


def test_a_target_without_a_single_crop_is_a_sighting_all_the_same() -> None:
    result = outcome(a_judgement(ANIMAL, True))
    assert result.sighting is not None
    assert not result.send_evidence
    assert result.gives_way is None


def test_another_animal_is_kept_and_gives_way_and_is_not_sent() -> None:
    assert outcome(a_judgement(ANIMAL)) == Outcome(keep=True, gives_way=GivesWay.NOT_WANTED)


def test_an_animal_beside_which_a_target_may_be_is_sent_with_a_small_picture_and_must_not_go() -> (
    None
):
    judgement = a_judgement(ANIMAL, crops=(FLANK,))
    doubtful = replace(judgement, verdict=replace(judgement.verdict, perhaps_target=True))
    result = outcome(doubtful)
    assert (result.keep, result.gives_way) == (True, None)
    assert result.sighting is not None
    assert result.crops == (FLANK,)


@pytest.mark.parametrize("kind", [HUMAN, VEHICLE])
def test_people_and_vehicles_are_an_alert_without_a_picture_or_a_code(
    kind: ObservationType,
) -> None:
    result = outcome(a_judgement(kind, crops=(FLANK,)))
    assert result.sighting is not None
    assert result.crops == result.sighting.crops == result.sighting.descriptors == ()
    assert result.gives_way is GivesWay.NOT_WANTED
    assert result.keep


def test_a_blank_is_dropped() -> None:
    assert not outcome(a_judgement(BLANK)).keep


def test_a_blank_that_the_audit_draws_is_kept_and_goes_first() -> None:
    result = outcome(a_judgement(BLANK), audit_share=1.0)
    assert (result.keep, result.audited) == (True, True)
    assert result.gives_way is GivesWay.AUDITED_BLANK
    assert result.sighting is None


def test_what_could_not_be_judged_is_kept_and_sent_with_a_small_picture() -> None:
    result = outcome(a_judgement(UNKNOWN, crops=(FLANK,)))
    assert (result.keep, result.gives_way, result.send_evidence) == (True, None, False)
    assert result.sighting is not None
    assert result.crops == (FLANK,)


def test_what_could_not_even_be_opened_is_sent_as_it_is() -> None:
    assert outcome(a_judgement(UNKNOWN)).send_evidence


def test_where_the_link_is_dear_only_the_record_of_an_unknown_is_sent() -> None:
    result = outcome(a_judgement(UNKNOWN), send_unknown=False)
    assert not result.send_evidence
    assert result.sighting is not None


def test_only_short_codes_go_along() -> None:
    result = outcome(a_judgement(ANIMAL, True))
    assert result.sighting is not None
    assert result.sighting.descriptors == (CODE,)


@pytest.mark.parametrize(("share", "drawn"), [(0.0, 0), (1.0, 2000)])
def test_the_audit_draws_none_and_all_at_its_ends(share: float, drawn: int) -> None:
    assert sum(is_audited(burst_id(number), share) for number in range(2000)) == drawn


def test_the_audit_draws_its_share_and_the_same_bursts_each_time() -> None:
    drawn = [number for number in range(5000) if is_audited(burst_id(number), 0.1)]
    assert 400 < len(drawn) < 600
    assert drawn == [number for number in range(5000) if is_audited(burst_id(number), 0.1)]


def test_evidence_in_which_a_person_was_perhaps_seen_is_not_sent() -> None:
    judgement = a_judgement(UNKNOWN)
    person = replace(judgement.frames[0].detections[0], label="human", score=0.16)
    judgement = replace(judgement, frames=(FrameJudgement((person,), 0.0),))
    result = outcome(judgement)
    assert not result.send_evidence and result.keep and result.sighting is not None
