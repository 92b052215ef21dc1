"""What came by radio is shown as a sighting, once, however often it is told."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from edge.records import Identity
from edge.wire.air import expanded as module
from edge.wire.air.expanded import expanded, provisional_id
from edge.wire.air.moment import Moment, Uptime
from edge.wire.air.roster import Roster
from edge.wire.air.sighting import RadioSighting, condensed
from edge.wire.sighting import decode_sighting, encode_sighting
from tests.wire.air import strategies as some
from tests.wire.air.test_records import ROSTER, SIGHTING

RADIO = condensed(SIGHTING, 41, ROSTER)


def test_it_says_all_that_the_record_told() -> None:
    shown = expanded(RADIO, "ridge-2", SIGHTING.captured_at, ROSTER)
    assert shown == replace(
        SIGHTING,
        burst_id=provisional_id(RADIO.reference, RADIO.moment),
        reason=module.REASON,
    )


def test_without_the_catalogue_individuals_go_by_number() -> None:
    for roster in (None, Roster.of(["Another", "Catalogue"])):
        shown = expanded(RADIO, "ridge-2", SIGHTING.captured_at, roster)
        assert shown.identities[0] == Identity(f"number 2 of catalogue {ROSTER.check:04x}", 0.7)
    unlisted = condensed(SIGHTING, 41, Roster.of(["Asel"]))
    shown = expanded(unlisted, "ridge-2", SIGHTING.captured_at, Roster.of(["Asel"]))
    assert [one.individual for one in shown.identities] == ["someone without a number", "Asel"]


@given(some.sightings())
def test_any_record_becomes_a_sighting_that_the_wire_can_carry(radio: RadioSighting) -> None:
    shown = expanded(radio, "ridge-2", SIGHTING.captured_at, ROSTER)
    assert decode_sighting(encode_sighting(shown)) == shown


@given(some.moments, some.uptimes)
def test_the_id_depends_on_burst_and_moment_alone(moment: Moment, uptime: Uptime) -> None:
    ids = {provisional_id(bytes(4), moment), provisional_id(bytes(4), uptime)}
    assert len(ids) == 2
    assert provisional_id(b"abcd", moment) not in ids
    assert {len(bytes.fromhex(one)) for one in ids} == {16}
