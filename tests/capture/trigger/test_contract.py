"""What every trigger holds to, whatever is behind it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from edge.capture.trigger.firing import Firing
from tests.capture.trigger.rigs import RIGS, Rig

LONG_S = 30.0
"""Until a test gives up; a trigger that works takes none of it."""


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    made = RIGS[request.param]()
    yield made
    made.trigger.close()


@pytest.fixture
def armed(rig: Rig) -> Rig:
    rig.trigger.arm()
    return rig


def _next(rig: Rig) -> Firing:
    firing = rig.trigger.wait(LONG_S)
    assert firing is not None
    return firing


def test_it_does_not_fire_of_itself(armed: Rig) -> None:
    assert armed.trigger.wait(0.0) is None


def test_each_firing_is_given_once(armed: Rig) -> None:
    armed.fire()
    assert _next(armed).cause is armed.cause
    assert armed.trigger.wait(0.0) is None


def test_a_firing_says_when_it_happened(armed: Rig) -> None:
    before_s = time.monotonic()
    armed.fire()
    firing = _next(armed)
    after_s = time.monotonic()
    # One clock after the other is read for it; between the two the machine may do other things.
    lasted_s = after_s - before_s
    assert before_s - lasted_s - 0.001 <= firing.at_s <= after_s


def test_firings_come_in_their_order(armed: Rig) -> None:
    moments = []
    for _ in range(3):
        armed.fire()
        moments.append(_next(armed).at_s)
    assert moments == sorted(moments)


def test_a_wait_ends_as_it_fires(armed: Rig) -> None:
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(armed.trigger.wait, LONG_S)
        armed.fire()
        assert waiting.result(LONG_S) is not None


def test_nothing_is_lost_in_quiet_times(armed: Rig) -> None:
    armed.fire()
    _next(armed)
    assert armed.trigger.lost == 0


def test_it_closes_unarmed_and_twice(rig: Rig) -> None:
    rig.trigger.close()
    rig.trigger.arm()
    rig.trigger.close()
    rig.trigger.close()
    assert rig.trigger.lost == 0


def test_it_can_be_armed_again(armed: Rig) -> None:
    armed.trigger.close()
    armed.trigger.arm()
    armed.fire()
    assert _next(armed).cause is armed.cause


def test_what_fired_before_it_was_closed_is_forgotten(armed: Rig) -> None:
    armed.fire()
    armed.trigger.close()
    armed.trigger.arm()
    assert armed.trigger.wait(0.0) is None
