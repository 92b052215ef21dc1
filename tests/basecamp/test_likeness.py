"""Basecamp tells whom a station takes a leopard for, in words."""

from __future__ import annotations

from dataclasses import replace

from edge.records import Identity
from tests.wire.vectors import load
from tools.basecamp.wording import likeness
from tools.vectors import RECORDS

SIGHTING = RECORDS["sighting"].from_json(load("sighting")[1]["value"])


def test_the_best_two_and_none_of_them_are_told() -> None:
    known = (Identity("X", 0.71), Identity("Y", 0.12))
    told = likeness(replace(SIGHTING, identities=known, not_in_catalogue=0.17))
    assert told == "most like X (0.71), Y (0.12); none of these 0.17"


def test_a_station_without_a_catalogue_says_nothing() -> None:
    assert likeness(SIGHTING) == ""


def test_a_catalogue_without_anybody_is_told() -> None:
    assert "nobody" in likeness(replace(SIGHTING, not_in_catalogue=1.0))
