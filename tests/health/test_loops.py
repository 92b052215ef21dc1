"""The loops of a station: whoever watches over them learns which one does not get on."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from edge.errors import IrbisError
from edge.health.loops import QUIET_S, Loops
from edge.health.patience import LINK, capture, patience_of, triage
from edge.health.progress import Patience
from edge.spool.errors import CardFailing, SpoolDamaged
from tests.basecamp.field import eventually

PATIENCE_S = 30.0


def test_one_loop_that_hangs_is_named_and_the_station_is_not_alive() -> None:
    loops = Loops(lambda text: None)
    may_go, hung = threading.Event(), threading.Event()

    def hang() -> bool:
        hung.set()
        return may_go.wait(PATIENCE_S)

    loops.start("capture", hang, Patience(silent_s=0.05))
    loops.start("triage", lambda: False, Patience(silent_s=PATIENCE_S))
    assert hung.wait(PATIENCE_S)
    eventually(lambda: not loops.alive(), "it counts as hung")
    assert [stall.loop for stall in loops.progress.stalls()] == ["capture"]
    may_go.set()
    loops.stop()
    assert loops.alive()


def test_a_damaged_spool_ends_its_loop_and_is_the_station_s_failure() -> None:
    loops = Loops(lambda text: None)
    ended = threading.Event()

    def step() -> bool:
        ended.set()
        raise SpoolDamaged("bytes are wrong")

    loops.start("triage", step)
    assert ended.wait(PATIENCE_S)
    loops.stop()
    assert isinstance(loops.failure, SpoolDamaged)
    assert not loops.alive()


def test_what_is_merely_wrong_is_told_and_no_reason_to_end() -> None:
    told = threading.Event()
    loops = Loops(lambda text: told.set())

    def step() -> bool:
        raise IrbisError("no room")

    loops.start("heartbeat", step)
    assert told.wait(PATIENCE_S)
    assert loops.alive()
    loops.stop()


def test_of_a_card_that_takes_no_writes_all_loops_tell_once() -> None:
    told: list[str] = []
    now_s = 0.0
    loops = Loops(told.append, lambda: now_s)
    names = ("capture", "heartbeat", "effort")
    failed = {name: threading.Event() for name in names}

    def failing(name: str) -> Callable[[], bool]:
        def step() -> bool:
            if failed[name].is_set():
                return False
            failed[name].set()
            raise CardFailing("the card takes no writes")

        return step

    for name in names:
        loops.start(name, failing(name))
    assert all(event.wait(PATIENCE_S) for event in failed.values())
    loops.stop()
    assert told == ["the card takes no writes"]
    now_s += QUIET_S
    failed["effort"].clear()
    loops.start("effort", failing("effort"))
    assert failed["effort"].wait(PATIENCE_S)
    loops.stop()
    assert len(told) == 2  # a fault of its own


def test_capture_is_waited_for_least_and_judging_longer_than_a_burst_may_take() -> None:
    assert capture(600.0).silent_s < triage(120.0).silent_s < LINK.silent_s
    assert triage(5000.0).silent_s > 5000.0


def test_a_loop_that_nobody_thought_of_has_a_link_s_patience() -> None:
    assert patience_of("a new radio") == LINK


@pytest.mark.parametrize("loop", ["waking", "energy", "clock", "telemetry"])
def test_what_hangs_in_the_station_itself_is_known_within_minutes(loop: str) -> None:
    assert patience_of(loop).silent_s <= 900.0
