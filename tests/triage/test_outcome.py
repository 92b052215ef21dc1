"""What follows from a judgement: what stays, what goes on air, what gives way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.records import Judgement, ObservationType, Vitals
from edge.security.keys import BasecampKey, StationKey
from edge.spool.items import GivesWay, Priority
from edge.triage.dispatch import outbox_items
from edge.triage.outcome import Outcome, decide, is_audited
from edge.uplink.schedule.values import ValueClass, value_class
from edge.wire.sealing import Identity
from tests.spool.makers import a_burst, burst_id
from tests.triage.makers import CODE, FLANK, HEAD, a_judgement, captured

ANIMAL, HUMAN, VEHICLE = ObservationType.ANIMAL, ObservationType.HUMAN, ObservationType.VEHICLE
BLANK, UNKNOWN = ObservationType.BLANK, ObservationType.UNKNOWN


def outcome(
    judgement: Judgement,
    audit_share: float = 0.0,
    send_unknown: bool = True,
    send_audits: bool = False,
) -> Outcome:
    burst = captured(a_burst(1))
    return decide(
        burst, judgement, "ridge-1", Vitals(3700), audit_share, send_unknown, send_audits, 24
    )


def test_a_target_goes_on_air_with_its_crops_and_must_not_go() -> None:
    result = outcome(a_judgement(ANIMAL, True, (FLANK, HEAD)))
    assert result.keep
    assert result.gives_way is None
    assert result.crops == (FLANK, HEAD)
    assert not result.send_evidence
    assert result.sighting is not None
    assert result.sighting.target
    assert len(result.sighting.crops) == 2


def test_a_target_of_which_no_picture_could_be_made_is_sent_as_it_is() -> None:
    result = outcome(a_judgement(ANIMAL, True), send_unknown=False)
    assert result.sighting is not None
    assert result.send_evidence
    assert result.gives_way is None


@pytest.mark.parametrize("kind", [ANIMAL, UNKNOWN, HUMAN, VEHICLE])
def test_what_was_withheld_is_not_sent_and_stays_long(kind: ObservationType) -> None:
    judgement = a_judgement(kind, target=kind is ANIMAL)
    verdict = replace(judgement.verdict, perhaps_target=kind is not ANIMAL)
    result = outcome(replace(judgement, verdict=verdict, withheld=True))
    assert not result.send_evidence and result.sighting is not None
    assert result.gives_way is GivesWay.WITHHELD


def test_a_person_beside_a_leopard_is_told() -> None:
    judgement = a_judgement(ANIMAL, True, (FLANK,))
    beside = replace(judgement, verdict=replace(judgement.verdict, people=True))
    result = outcome(beside)
    assert result.sighting is not None and result.sighting.people
    assert result.crops == (FLANK,)


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
def test_people_and_vehicles_are_an_alert_and_give_way(kind: ObservationType) -> None:
    result = outcome(a_judgement(kind))
    assert result.sighting is not None and result.sighting.people
    assert not result.send_evidence
    assert result.gives_way is GivesWay.NOT_WANTED
    assert result.keep


def test_a_blank_is_dropped() -> None:
    assert not outcome(a_judgement(BLANK)).keep


def test_a_blank_that_the_audit_draws_is_kept_and_goes_first() -> None:
    result = outcome(a_judgement(BLANK), audit_share=1.0)
    assert (result.keep, result.audited) == (True, True)
    assert result.gives_way is GivesWay.AUDITED_BLANK
    assert result.sighting is None
    assert not result.send_evidence


def test_audited_blanks_are_sent_last_of_all_where_they_are_to_be_sent() -> None:
    drawn = outcome(a_judgement(BLANK), audit_share=1.0, send_audits=True)
    assert drawn.gives_way is GivesWay.AUDITED_BLANK  # it still goes first from a full card
    identity = Identity("ridge-1", StationKey.generate(), BasecampKey.generate().token)
    (item,) = outbox_items(burst_id(1), drawn, identity)
    assert item.priority is max(Priority)
    assert value_class(item.priority) is max(ValueClass)
    assert not outcome(a_judgement(BLANK), audit_share=0.0, send_audits=True).send_evidence


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


def test_a_blank_that_a_second_look_was_spared_stays_on_the_card_and_is_no_audit() -> None:
    unsure = replace(a_judgement(BLANK), spared_looks=2)
    result = outcome(unsure, send_audits=True)
    assert result.keep
    assert result.gives_way is GivesWay.AUDITED_BLANK
    assert not result.audited and not result.send_evidence
    assert not outcome(a_judgement(BLANK)).keep
