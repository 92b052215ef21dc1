"""How long the satellites are left alone."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.iridium_backoff import Backoff
from tests.firmware_bridge.modems import Clock


def test_the_waits_grow_from_seconds_to_half_a_minute_to_five_minutes() -> None:
    for seed in range(50):
        backoff = Backoff(random.Random(seed), Clock())
        waits = [backoff.failed() for _ in range(7)]
        assert max(waits[:2]) <= 5
        assert max(waits[2:4]) <= 30
        assert waits[4:] == [300.0, 300.0, 300.0]


def test_neighbours_that_fail_together_do_not_wait_together() -> None:
    waits = {Backoff(random.Random(seed), Clock()).failed() for seed in range(20)}
    assert len(waits) == 20


def test_success_makes_the_next_failure_the_first_again() -> None:
    clock = Clock()
    backoff = Backoff(random.Random(1), clock)
    for _ in range(5):
        backoff.failed()
    backoff.succeeded()
    assert backoff.left_s() == 0
    assert backoff.failed() <= 5


@given(st.floats(0, 1000), st.integers(1, 10))
def test_a_wait_that_the_network_names_is_kept(least_s: float, failures: int) -> None:
    clock = Clock()
    backoff = Backoff(random.Random(1), clock)
    for _ in range(failures):
        assert backoff.failed(least_s) >= least_s


def test_a_wait_ends() -> None:
    clock = Clock()
    backoff = Backoff(random.Random(1), clock)
    assert backoff.left_s() == 0
    wait_s = backoff.failed(60)
    clock.now_s = 45
    assert backoff.left_s() == wait_s - 45
    clock.now_s = 61
    assert backoff.left_s() == 0
