"""Small pictures on their way to triage: bounded, and lost rather than in the way."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.triage.glances import MOST_BURSTS, Glances
from edge.vision.decode import Pixels


def small(size_bytes: int = 30) -> Pixels:
    return np.zeros((1, size_bytes // 3, 3), np.uint8)


def test_they_are_taken_once() -> None:
    glances, one = Glances(), small()
    glances.put("a", {1: one})
    assert glances.take("a") == {1: one}
    assert glances.take("a") == {}


def test_what_does_not_fit_is_turned_away_from_its_end() -> None:
    glances = Glances(most_bytes=100)
    glances.put("a", {index: small() for index in range(5)})
    glances.put("b", {0: small()})
    assert set(glances.take("a")) == {0, 1, 2}
    assert glances.take("b") == {}


def test_in_a_backlog_those_that_triage_comes_to_next_are_there() -> None:
    glances = Glances(most_bytes=60)
    for burst_id in "abcd":
        glances.put(burst_id, {0: small()})
    assert [len(glances.take(burst_id)) for burst_id in "abcd"] == [1, 1, 0, 0]


def test_those_of_bursts_that_triage_has_passed_make_room() -> None:
    glances = Glances(most_bytes=60)
    for burst_id in ("never judged", "nor this", "judged"):
        glances.put(burst_id, {0: small()})
    glances.take("judged")
    glances.put("next", {0: small(), 1: small()})
    assert set(glances.take("next")) == {0, 1}


def test_a_burst_from_before_the_start_takes_nothing_from_others() -> None:
    glances = Glances()
    glances.put("a", {0: small()})
    assert glances.take("of the last run") == {}
    assert set(glances.take("a")) == {0}


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.booleans())))
def test_they_never_take_more_than_they_may(steps: list[tuple[int, int, bool]]) -> None:
    glances = Glances(most_bytes=100)
    for burst, frames, takes in steps:
        if takes:
            glances.take(str(burst))
        else:
            glances.put(str(burst), {index: small() for index in range(frames)})
        assert glances.size_bytes <= 100


def test_names_alone_do_not_pile_up_either() -> None:
    glances = Glances()
    for burst in range(MOST_BURSTS + 1):
        glances.put(str(burst), {0: small(3)})
    assert glances.take("0") == {}
    assert glances.size_bytes == 3 * MOST_BURSTS
