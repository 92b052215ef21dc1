"""When a device may ask to be let in again."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.join_backoff import JoinBackoff, ShortMemory

HOUR_S = 3600.0
AIRTIME_S = 1.4828  # a join request of SF12


@dataclass
class Clock:
    now_s: float = 1e9

    def __call__(self) -> float:
        return self.now_s


def joins_of(days: float, seed: int, airtime_s: float = AIRTIME_S) -> list[float]:
    """When a device that nobody hears joins, in s since its first try."""
    clock, memory, source = Clock(), ShortMemory(), random.Random(seed)
    backoff = JoinBackoff(memory, clock, source)
    start_s, times = clock.now_s, []
    while clock.now_s - start_s < days * 24 * HOUR_S:
        backoff.attempt(airtime_s)
        times.append(clock.now_s - start_s)
        clock.now_s += backoff.wait_s()
    return times


@given(st.integers(), st.sampled_from([0.0566, 0.371, AIRTIME_S]))
def test_a_join_never_takes_more_air_than_lorawan_allows(seed: int, airtime_s: float) -> None:
    times = joins_of(4, seed, airtime_s)

    def airtime_in(start_h: float, end_h: float) -> float:
        return airtime_s * sum(start_h * HOUR_S <= at < end_h * HOUR_S for at in times)

    assert airtime_in(0, 1) <= 36 + airtime_s
    assert airtime_in(1, 11) <= 36 + airtime_s
    for start_h in range(11, 72):
        assert airtime_in(start_h, start_h + 24) <= 8.7 + airtime_s


def test_two_devices_do_not_join_in_step() -> None:
    assert joins_of(0.1, seed=1) != joins_of(0.1, seed=2)


def test_the_first_join_waits_for_nothing() -> None:
    assert JoinBackoff(ShortMemory(), Clock()).wait_s() == 0


def test_a_reboot_changes_nothing() -> None:
    clock, memory = Clock(), ShortMemory()
    JoinBackoff(memory, clock).attempt(AIRTIME_S)
    first_s = JoinBackoff(memory, clock).wait_s()
    clock.now_s += 60
    assert JoinBackoff(memory, clock).wait_s() == pytest.approx(first_s - 60)


def test_success_ends_the_series() -> None:
    clock, memory = Clock(), ShortMemory()
    backoff = JoinBackoff(memory, clock)
    backoff.attempt(AIRTIME_S)
    assert backoff.trying()
    backoff.succeeded()
    assert backoff.wait_s() == 0
    assert not backoff.trying()


def test_a_clock_set_back_by_years_delays_a_join_by_one_pause_at_most() -> None:
    clock, memory = Clock(), ShortMemory()
    JoinBackoff(memory, clock).attempt(AIRTIME_S)
    clock.now_s = 0.0
    backoff = JoinBackoff(memory, clock)
    wait_s = backoff.wait_s()
    assert 0 < wait_s < 230
    clock.now_s += wait_s
    assert backoff.wait_s() == 0


def test_a_clock_set_forward_by_years_ends_the_first_hour_and_no_more() -> None:
    clock, memory = Clock(0.0), ShortMemory()
    backoff = JoinBackoff(memory, clock)
    backoff.attempt(AIRTIME_S)
    clock.now_s = 1.8e9
    assert backoff.wait_s() == 0
    backoff.attempt(AIRTIME_S)
    assert 1400 < backoff.wait_s() < 2300, "0.1 %, not 0.01 %"


@given(st.binary(min_size=1, max_size=200))
def test_a_torn_memory_counts_as_a_join(state: bytes) -> None:
    memory = ShortMemory()
    memory.save(state)
    backoff = JoinBackoff(memory, Clock())
    assert 0 < backoff.wait_s() < 200
    backoff.attempt(AIRTIME_S)
    assert backoff.wait_s() > 0


@pytest.mark.parametrize(
    "state",
    [
        b"[]",
        b"null",
        b"{}",
        b'{"tried_s": NaN, "last_at_s": 0, "pause_s": 0}',
        b'{"tried_s": 0, "last_at_s": 0, "pause_s": 1e999}',
        b'{"tried_s": -5, "last_at_s": 0, "pause_s": 0}',
        b'{"tried_s": "x", "last_at_s": 0, "pause_s": 0}',
        b'{"tried_s": 0, "last_at_s": 0, "pause_s": 0, "more": 1}',
    ],
)
def test_a_memory_that_makes_no_sense_counts_as_a_join(state: bytes) -> None:
    memory = ShortMemory()
    memory.save(state)
    assert 0 < JoinBackoff(memory, Clock()).wait_s() < 200
