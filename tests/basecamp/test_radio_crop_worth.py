"""Which sightings are worth a picture over radio."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.records import Identity, ObservationType
from edge.wire.air.answer import Answer, Likeness
from edge.wire.air.sighting import RadioSighting, condensed
from tools.basecamp.radio_crop_worth import AMBIGUOUS, KNOWN, NEW, OPERATOR, worth_of

from . import lorawan as air
from . import samples


def sighting(*identities: tuple[str, float], **changes: Any) -> RadioSighting:
    named = tuple(Identity(name, score) for name, score in identities)
    nobody = 1 - sum(score for _, score in identities) if identities else None
    made = samples.sighting(
        1, samples.crop(10), identities=named, not_in_catalogue=nobody, **changes
    )
    return condensed(made, 1, air.ROSTER)


def rank(sighting: RadioSighting) -> float | None:
    worth = worth_of(sighting)
    return None if worth is None else float(int(worth))


@pytest.mark.parametrize(
    ("identities", "expected"),
    [
        ((), NEW),
        ((("Bars", 0.2), ("Aksu", 0.1)), NEW),
        ((("Bars", 0.5), ("Aksu", 0.4)), AMBIGUOUS),
        ((("Bars", KNOWN - 0.01), ("Aksu", 0.1)), AMBIGUOUS),
        ((("Bars", KNOWN), ("Aksu", 0.1)), None),
        ((("Bars", 0.98),), None),
    ],
)
def test_what_may_be_new_goes_before_what_is_ambiguous_and_the_known_is_not_asked_for(
    identities: tuple[tuple[str, float], ...], expected: float | None
) -> None:
    assert rank(sighting(*identities)) == expected


def test_a_catalogue_that_knows_nobody_from_this_side_makes_it_new() -> None:
    made = sighting(("Bars", 0.98))
    asked_in_vain = replace(made, answer=Answer(air.ROSTER.check, (), 1.0))
    assert rank(asked_in_vain) == NEW


def test_likenesses_without_a_word_on_nobody_are_ambiguous() -> None:
    made = sighting(("Bars", 0.98))
    told = Answer(air.ROSTER.check, (Likeness(0, 0.4), Likeness(1, 0.3)), None)
    assert rank(replace(made, answer=told)) == AMBIGUOUS


def test_a_station_s_doubts_outweigh_a_confident_catalogue() -> None:
    assert rank(sighting(("Bars", 0.98), doubts=("it was far away",))) == NEW


def test_neither_people_s_pictures_nor_those_of_other_animals_are_asked_for() -> None:
    assert worth_of(sighting(target=False)) is None
    person = sighting(target=False, observation_type=ObservationType.HUMAN)
    assert worth_of(person) is None


def test_without_a_picture_at_the_station_nothing_is_asked_for() -> None:
    assert worth_of(air.radio_sighting(1)) is None


def test_a_better_picture_goes_first_within_its_class_and_never_beyond_it() -> None:
    good, poor = sighting(quality=1.0, target_score=1.0), sighting(quality=0.1)
    assert (worth_of(good) or 0) > (worth_of(poor) or 0) >= NEW
    ambiguous = sighting(("Bars", 0.5), ("Aksu", 0.4), quality=1.0, target_score=1.0)
    assert AMBIGUOUS <= (worth_of(ambiguous) or 0) < NEW
    assert (worth_of(good) or 0) < OPERATOR
