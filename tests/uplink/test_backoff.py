"""Waits double up to a limit, differ from station to station, and start anew after a success."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.uplink.backoff import FIRST_S, Backoff


class Least(random.Random):
    """Shortens nothing: each wait is as long as it can be."""

    def random(self) -> float:
        return 0.0


def waits(backoff: Backoff, count: int) -> list[float]:
    return [backoff.wait_s() for _ in range(count)]


def test_waits_double_up_to_the_limit():
    assert waits(Backoff(20.0, Least()), 7) == [1, 2, 4, 8, 16, 20, 20]


def test_after_a_success_the_first_wait_is_short_again():
    backoff = Backoff(300.0, Least())
    waits(backoff, 5)
    backoff.reset()
    assert waits(backoff, 2) == [FIRST_S, 2 * FIRST_S]


@pytest.mark.parametrize("max_s", [0.1, FIRST_S])
def test_a_limit_below_the_first_wait_is_kept(max_s):
    backoff = Backoff(max_s, Least())
    assert waits(backoff, 3) == [max_s] * 3
    backoff.reset()
    assert waits(backoff, 1) == [max_s]


@given(st.floats(0.001, 10_000), st.integers(0, 2**32))
def test_every_wait_is_between_half_its_length_and_all_of_it(max_s, seed):
    longest = waits(Backoff(max_s, Least()), 12)
    actual = waits(Backoff(max_s, random.Random(seed)), 12)
    assert all(most / 2 <= wait <= most for wait, most in zip(actual, longest, strict=True))


def test_two_stations_do_not_knock_together():
    assert waits(Backoff(300.0), 8) != waits(Backoff(300.0), 8)


def test_any_number_of_failures_is_counted_without_overflow():
    assert all(150 <= wait <= 300 for wait in waits(Backoff(300.0), 2000)[10:])
