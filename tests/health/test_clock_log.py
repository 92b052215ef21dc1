"""What is remembered of a clock that is set, steps, or was never right."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.clock import ClockState
from edge.health.clock_log import (
    AGE,
    LOOK_S,
    MOST,
    MOST_HERE,
    MOST_WORDS,
    RUN,
    SAVE_S,
    ClockLog,
)
from edge.records import ClockQuality, SinceBoot
from edge.wire.air.moment import Uptime
from tests.health.bench import Memory, Told

BOOT = bytes(range(16))


@dataclass
class Machine:
    """Seconds that nobody sets, and a wall clock ``ahead_s`` of the real time that anybody may."""

    run: int = 1
    running_s: float = 30.0
    wall: datetime = datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC)
    quality: ClockQuality = ClockQuality.UNSET
    memory: Memory = field(default_factory=Memory)
    told: Told = field(default_factory=Told)
    words: Memory = field(default_factory=Memory)
    jumps: int = 0

    def log(self) -> ClockLog:
        return ClockLog(
            self.memory,
            lambda: Uptime(self.run, int(self.running_s)),
            self.told,
            self.clock,
            lambda: self.running_s,
            lambda: BOOT,
            self.words,
            self.jumped,
        )

    def jumped(self) -> None:
        self.jumps += 1

    def clock(self) -> ClockState:
        return ClockState(self.quality, self.wall - datetime.now(UTC))

    def passes(self, seconds: float) -> None:
        self.running_s += seconds
        self.wall += timedelta(seconds=seconds)

    def is_set(self, wall: datetime, quality: ClockQuality = ClockQuality.NTP) -> None:
        self.wall, self.quality = wall, quality


NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_step_is_told_and_kept_with_the_time_before_and_after() -> None:
    machine = Machine()
    log = machine.log()
    log.step()
    machine.passes(60)
    machine.is_set(NOON)
    log.step()
    (_, step) = machine.log().entries()
    assert step.is_step
    assert step.uptime == Uptime(1, 90)
    assert abs(step.before - datetime(1970, 1, 1, 0, 1, 30, tzinfo=UTC)) < timedelta(seconds=1)
    assert abs(step.after - NOON) < timedelta(seconds=1)
    assert step.clock is ClockQuality.NTP
    assert len(machine.told.troubles) == 1
    assert log.counters()["clock_steps"] == 1


def test_what_was_captured_before_the_clock_was_set_is_found_again() -> None:
    machine = Machine()
    log = machine.log()
    log.step()
    machine.passes(60)
    captured_at = machine.wall
    machine.passes(40)
    machine.is_set(NOON)
    log.step()
    machine.passes(40)
    assert log.uptime_of(captured_at, ClockQuality.UNSET) == Uptime(1, 90)
    assert log.since_boot(captured_at, ClockQuality.UNSET) == SinceBoot(BOOT[:4], 90)
    found = log.bounds(Uptime(1, 90))
    assert found.earliest is not None and found.latest is not None
    assert found.earliest <= NOON - timedelta(seconds=40) <= found.latest
    counters = log.counters()
    assert counters[RUN] == int.from_bytes(BOOT[:4], "big") and counters[AGE] == 170


def test_what_was_captured_before_the_first_look_is_found_too() -> None:
    machine = Machine(running_s=300, wall=datetime(1970, 1, 1, 0, 5, tzinfo=UTC))
    log = machine.log()
    log.step()
    early = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
    assert log.uptime_of(early, ClockQuality.UNSET) == Uptime(1, 60)


def test_a_time_that_the_clock_never_showed_is_not_known() -> None:
    machine = Machine()
    log = machine.log()
    log.step()
    assert log.uptime_of(NOON, ClockQuality.UNSET) is None
    assert log.since_boot(NOON, ClockQuality.NTP) is None


def test_ten_years_forth_and_back_are_two_steps_and_lose_nothing() -> None:
    machine = Machine(wall=NOON, quality=ClockQuality.UNSET)
    log = machine.log()
    log.step()
    for years in (10, -10, -10, 10):
        machine.passes(LOOK_S)
        machine.is_set(machine.wall + timedelta(days=3652 * years), ClockQuality.UNSET)
        log.step()
    assert log.counters()["clock_steps"] == 4
    machine.passes(LOOK_S)
    assert log.uptime_of(machine.wall, ClockQuality.UNSET) == Uptime(1, int(machine.running_s))


UNSET, RTC, NTP = ClockQuality.UNSET, ClockQuality.RTC, ClockQuality.NTP
YEARS = timedelta(days=3652)
FIRST = datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shown", "jumps"),
    [
        # Cold boots without a clock, or with a date that was saved at the last end.
        ([(FIRST, UNSET), (NOON, NTP)], 0),
        ([(FIRST, UNSET), (NOON, UNSET), (NOON, NTP)], 0),
        ([(NOON - YEARS, UNSET), (NOON, RTC)], 0),
        ([(NOON + YEARS, UNSET), (NOON, NTP)], 0),
        # What was held to be right, and was not; or is not any more.
        ([(NOON, NTP), (NOON + YEARS, NTP)], 1),
        ([(NOON, RTC), (NOON - YEARS, RTC)], 1),
        ([(NOON - YEARS, RTC), (NOON, NTP)], 1),
        ([(FIRST, UNSET), (NOON, NTP), (FIRST, UNSET)], 1),
        ([(FIRST, UNSET), (NOON, UNSET), (NOON + YEARS, UNSET), (NOON, UNSET)], 2),
        # Drift, trimming, a leap second.
        ([(NOON, RTC), (NOON + timedelta(minutes=20), NTP)], 0),
        ([(NOON, NTP), (NOON + timedelta(seconds=1), NTP)], 0),
    ],
)
def test_a_clock_that_was_held_to_be_right_and_is_set_by_hours_has_jumped(
    shown: list[tuple[datetime, ClockQuality]], jumps: int
) -> None:
    machine = Machine()
    log = machine.log()
    for moment, quality in shown:
        machine.is_set(moment, quality)
        log.step()
        machine.passes(LOOK_S)
    assert machine.jumps == jumps


def test_a_new_process_knows_that_the_clock_was_set_already() -> None:
    machine = Machine()
    for clocks in ((FIRST, NOON), (NOON, NOON + YEARS)):
        log = machine.log()
        for moment in clocks:
            machine.is_set(moment, UNSET)
            log.step()
            machine.passes(LOOK_S)
    assert machine.jumps == 1


def test_a_clock_that_goes_on_as_it_did_wears_no_card() -> None:
    machine = Machine(quality=ClockQuality.NTP, wall=NOON)
    log = machine.log()
    for _ in range(10 * int(SAVE_S / LOOK_S)):
        log.step()
        machine.passes(LOOK_S)
    assert machine.memory.saves <= 11
    assert len(log.entries()) <= 3


def test_of_years_it_keeps_a_bounded_number_and_the_ends_of_runs_longest() -> None:
    machine = Machine(quality=ClockQuality.NTP, wall=NOON)
    for run in range(1, MOST):
        machine.run, machine.running_s = run, 30.0
        log = machine.log()
        for _ in range(3):
            log.step()
            machine.passes(60)
            machine.is_set(machine.wall + timedelta(seconds=30))
    assert len(log.entries()) <= MOST
    assert len({one.uptime.boot for one in log.entries()}) >= MOST // 2
    assert machine.memory.state is not None and len(machine.memory.state) < 8_000


def test_no_step_is_forgotten_while_the_run_goes_on() -> None:
    machine = Machine(quality=ClockQuality.UNSET)
    for run in range(1, MOST):
        machine.run, machine.running_s = run, 30.0
        log = machine.log()
        log.step()
        machine.passes(60)
        log.step()
    log.step()
    captured: list[tuple[datetime, Uptime]] = []
    for hours in range(1, MOST + 20):
        machine.passes(LOOK_S)
        machine.is_set(NOON + timedelta(hours=hours), ClockQuality.UNSET)
        log.step()
        machine.passes(LOOK_S)
        captured.append((machine.wall, Uptime(machine.run, int(machine.running_s))))
    for moment, uptime in captured:
        assert log.uptime_of(moment, ClockQuality.UNSET) == uptime
    # What is over has made room for it.
    assert len(log.entries()) < 2 * MOST


def test_a_clock_that_is_set_for_ever_does_not_fill_the_card() -> None:
    machine = Machine(quality=ClockQuality.UNSET)
    log = machine.log()
    for hours in range(MOST_HERE + 50):
        machine.passes(LOOK_S)
        machine.is_set(NOON + timedelta(hours=hours), ClockQuality.UNSET)
        log.step()
    assert len(log.entries()) == MOST_HERE


def test_satellites_that_come_and_go_for_months_cost_no_step_and_no_room() -> None:
    machine = Machine(quality=ClockQuality.UNSET)
    log = machine.log()
    log.step()
    machine.passes(60)
    captured = machine.wall
    machine.passes(60)
    machine.is_set(NOON, ClockQuality.GPS)
    log.step()
    for number in range(3 * MOST):
        machine.passes(14_400)
        machine.quality = (ClockQuality.RTC, ClockQuality.GPS)[number % 2]
        log.step()
    assert log.uptime_of(captured, ClockQuality.UNSET) == Uptime(1, 90)
    assert len(log.entries()) <= MOST


def test_basecamp_s_word_holds_after_a_restart_and_in_the_next_run() -> None:
    machine = Machine()
    machine.log().not_before(NOON)
    machine.passes(60)
    again = machine.log()
    assert again.bounds(Uptime(1, 90)).earliest == NOON + timedelta(seconds=60)
    assert again.bounds(Uptime(1, 10)).latest is None
    machine.run, machine.running_s = 2, 45.0
    assert machine.log().bounds(Uptime(2, 45)).earliest == NOON + timedelta(seconds=45)


def test_a_word_that_tells_nothing_new_wears_no_card() -> None:
    machine = Machine()
    log = machine.log()
    for minutes in range(60):
        log.not_before(NOON + timedelta(minutes=minutes))
        machine.passes(60)
    assert machine.words.saves == 1


def test_of_basecamp_s_words_the_last_are_kept() -> None:
    machine = Machine()
    log = machine.log()
    for hours in range(3 * MOST_WORDS):
        log.not_before(NOON + timedelta(hours=hours))
    last = NOON + timedelta(hours=3 * MOST_WORDS - 1)
    assert machine.log().bounds(Uptime(1, 30)).earliest == last
    assert machine.words.state is not None and len(machine.words.state) < 1_000


@given(st.binary(max_size=60) | st.from_regex(rb"\[\[[0-9eE.+-]{1,20},[0-9]{1,20},[0-9]{1,20}\]\]"))
def test_damaged_words_are_left_aside(state: bytes) -> None:
    machine = Machine(words=Memory(state))
    log = machine.log()
    log.not_before(NOON)
    assert (log.bounds(Uptime(1, 30)).earliest or NOON) >= NOON


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_a_damaged_log_is_begun_anew(state: bytes) -> None:
    machine = Machine(memory=Memory(state))
    log = machine.log()
    assert log.step()
    assert log.entries()
