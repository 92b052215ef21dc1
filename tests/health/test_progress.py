"""Only the progress of every loop feeds the watchdog. Time is told by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.notify import ServiceManager
from edge.health.progress import Patience, Progress, Stall, Watchdog


class Hand:
    """A clock that stands still until it is moved on."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Manager(ServiceManager):
    """Notes what it is told."""

    def __init__(self, watchdog_s: float | None) -> None:
        super().__init__(None, watchdog_s)
        self.told: list[str] = []

    def _tell(self, *assignments: str) -> bool:
        self.told += assignments
        return True


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def progress(clock: Hand) -> Progress:
    return Progress(clock)


def test_a_station_without_loops_has_nothing_that_stalls(progress: Progress) -> None:
    assert progress.stalls() == ()


def test_a_loop_that_turns_in_time_is_well(clock: Hand, progress: Progress) -> None:
    capture = progress.expect("capture", Patience(300))
    for _ in range(10):
        clock.now_s += 300
        assert progress.stalls() == ()
        capture.turned()


def test_a_loop_that_never_turns_stalls_from_when_it_was_expected(
    clock: Hand, progress: Progress
) -> None:
    progress.expect("capture", Patience(300))
    clock.now_s += 301
    (stall,) = progress.stalls()
    assert stall == Stall("capture", 301, failing=False)
    assert str(stall) == "capture hangs for 301 s"


def test_the_progress_of_others_does_not_make_up_for_one_that_hangs(
    clock: Hand, progress: Progress
) -> None:
    capture = progress.expect("capture", Patience(300))
    triage = progress.expect("triage", Patience(1800))
    for _ in range(7):
        clock.now_s += 290
        capture.turned()
    assert [stall.loop for stall in progress.stalls()] == ["triage"]
    triage.turned()
    assert progress.stalls() == ()


def test_rounds_that_fail_are_no_hanging(clock: Hand, progress: Progress) -> None:
    mqtt = progress.expect("mqtt", Patience(300))
    for _ in range(100):
        clock.now_s += 290
        mqtt.failed()
    assert progress.stalls() == ()


def test_a_loop_of_which_success_is_due_stalls_when_it_only_fails(
    clock: Hand, progress: Progress
) -> None:
    capture = progress.expect("capture", Patience(300, failing_s=900))
    for _ in range(4):
        clock.now_s += 250
        capture.failed()
    (stall,) = progress.stalls()
    assert str(stall) == "capture has only failed for 1000 s"
    capture.turned()
    assert progress.stalls() == ()


def test_a_loop_that_ended_as_it_should_is_not_missed(clock: Hand, progress: Progress) -> None:
    capture = progress.expect("capture", Patience(300))
    capture.ended()
    clock.now_s += 10_000
    assert progress.stalls() == ()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 40)), max_size=60))
def test_the_watchdog_is_fed_only_while_no_loop_was_silent_for_too_long(
    turns: list[tuple[str, float]],
) -> None:
    clock, manager = Hand(), Manager(watchdog_s=1.0)
    progress = Progress(clock)
    pulses = {name: progress.expect(name, Patience(30)) for name in "abc"}
    watchdog = Watchdog(progress, manager, clock)
    last = dict.fromkeys(pulses, clock.now_s)
    for name, wait_s in turns:
        clock.now_s += wait_s
        manager.told.clear()
        stalls = watchdog.look()
        silent = {loop for loop, turned_s in last.items() if clock.now_s - turned_s > 30}
        assert {stall.loop for stall in stalls} == silent
        assert ("WATCHDOG=trigger" in manager.told) == bool(silent)
        assert not (silent and "WATCHDOG=1" in manager.told)
        pulses[name].turned()
        last[name] = clock.now_s


def test_signs_of_life_come_four_times_in_the_manager_s_patience(
    clock: Hand, progress: Progress
) -> None:
    manager = Manager(watchdog_s=120)
    watchdog = Watchdog(progress, manager, clock)
    for _ in range(240):
        watchdog.look()
        clock.now_s += 0.5
    assert manager.told == ["WATCHDOG=1"] * 4


def test_without_a_watchdog_stalls_are_still_told_to_the_caller(
    clock: Hand, progress: Progress
) -> None:
    manager = Manager(watchdog_s=None)
    watchdog = Watchdog(progress, manager, clock)
    progress.expect("capture", Patience(300))
    assert watchdog.look() == ()
    assert manager.told == []
    clock.now_s += 301
    assert [stall.loop for stall in watchdog.look()] == ["capture"]
