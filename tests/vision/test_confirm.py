"""Detections after the group head looked at them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.records import Box, Detection
from edge.vision.confirm import confirmed, with_what_fills
from edge.vision.species import Boxed, Naming

BOX = Box(0.1, 0.1, 0.3, 0.3)
unit = st.floats(0, 1)
boxed = st.builds(Boxed, unit, unit, unit)


def animal(score: float) -> Detection:
    return Detection(BOX, "animal", score)


def test_rock_that_looks_a_little_like_an_animal_falls_away() -> None:
    assert confirmed([animal(0.4)], [Boxed(0.05, 0, 0)], 0.15) == ()


def test_what_both_see_stays_nearly_as_sure() -> None:
    (kept,) = confirmed([animal(0.4)], [Boxed(0.99, 0, 0)], 0.15)
    assert kept.label == "animal" and kept.score > 0.4


def test_a_faint_box_around_what_the_group_head_knows_is_lifted_over_the_threshold() -> None:
    (kept,) = confirmed([animal(0.18)], [Boxed(0.995, 0, 0)], 0.15)
    assert kept.score > 0.25


def test_what_the_detector_is_sure_of_stands_against_the_group_heads_word() -> None:
    (kept,) = confirmed([animal(0.95)], [Boxed(0.02, 0, 0)], 0.15)
    assert kept.score > 0.4


def test_a_box_with_a_person_in_it_is_called_a_person() -> None:
    (kept,) = confirmed([animal(0.8)], [Boxed(1.0, 0.9, 0)], 0.15)
    assert kept.label == "human"


def test_a_box_with_a_vehicle_in_it_is_called_a_vehicle() -> None:
    (kept,) = confirmed([animal(0.8)], [Boxed(1.0, 0.05, 0.8)], 0.15)
    assert kept.label == "vehicle"


def test_boxes_that_nobody_looked_at_keep_their_score() -> None:
    found = [animal(0.9), animal(0.5)]
    assert confirmed(found, [Boxed(1.0, 0, 0)], 0.15)[1] == found[1]
    assert confirmed(found, [], 0.15) == tuple(found)


@given(st.lists(st.tuples(unit, boxed), max_size=6), unit)
def test_what_is_kept_comes_out_surest_first(
    pairs: list[tuple[float, Boxed]], least: float
) -> None:
    found = sorted((animal(score) for score, _ in pairs), key=lambda d: -d.score)
    kept = confirmed(found, [box for _, box in pairs], least)
    scores = [detection.score for detection in kept]
    assert scores == sorted(scores, reverse=True)
    assert all(score >= least for score in scores)
    assert len(kept) <= len(found)


@given(unit, unit, unit)
def test_the_more_there_is_in_a_box_the_surer_it_is(score: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    ((first,), (second,)) = (
        confirmed([animal(score)], [Boxed(something, 0, 0)], 0.0) for something in (low, high)
    )
    assert first.score <= second.score


def test_what_fills_the_picture_is_told_once() -> None:
    jeep = Detection(Box(0.1, 0.1, 0.8, 0.8), "vehicle", 0.9)
    assert with_what_fills([jeep], Naming(vehicle_mass=0.9), 0.25) == (jeep,)
    faint = Detection(Box(0.1, 0.1, 0.2, 0.8), "human", 0.16)
    found = with_what_fills([faint], Naming(person_mass=0.95), 0.25)
    assert [(d.label, d.score) for d in found] == [("human", 0.95), ("human", 0.16)]
