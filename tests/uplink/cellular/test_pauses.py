"""When a session may begin, over reboots, brown-outs and without a clock."""

from __future__ import annotations

import random

import pytest

from edge.records import ClockQuality
from edge.spool.keepsake import Keepsake
from edge.spool.spool import Spool
from edge.uplink.cellular.ledger_clock import Reading
from edge.uplink.cellular.pauses import FIRST_REST_S, MOST_REST_S, SAVED_EVERY_S, Pauses


class Machine:
    """A machine that is switched off and on again, and may have a clock."""

    def __init__(self, memory: Keepsake, clock: ClockQuality = ClockQuality.NTP) -> None:
        self.memory, self.clock = memory, clock
        self.wall_s, self.running_s, self.boots = 1_900_000_000.0, 5.0, 0
        self.pauses = self._started()

    def passes(self, seconds: float) -> None:
        self.wall_s += seconds
        self.running_s += seconds

    def reboots(self, off_s: float = 0.0) -> Pauses:
        self.wall_s += off_s
        self.running_s, self.boots = 5.0, self.boots + 1
        self.pauses = self._started()
        return self.pauses

    def _started(self) -> Pauses:
        return Pauses(self.memory, self._reading, lambda: self.running_s, random.Random(1))

    def _reading(self) -> Reading:
        wall_s = self.wall_s if self.clock is not ClockQuality.UNSET else 0.0
        return Reading(wall_s, self.clock, self.running_s, str(self.boots))


@pytest.fixture
def memory(spool: Spool) -> Keepsake:
    return spool.keepsake("pauses")


def test_a_modem_that_brings_the_battery_down_is_not_woken_at_each_start(memory: Keepsake) -> None:
    machine = Machine(memory)
    rests = []
    for _ in range(9):
        assert machine.pauses.resting() is None
        machine.pauses.begin()
        assert machine.reboots().resting() is not None
        began_s = machine.wall_s
        while machine.pauses.resting() is not None:
            machine.passes(10.0)
        rests.append(machine.wall_s - began_s)
    assert rests[0] >= 0.7 * FIRST_REST_S
    assert rests[-1] >= 0.7 * MOST_REST_S


@pytest.mark.parametrize("off_s", [0.0, 1200.0])
def test_a_reboot_does_not_lose_when_the_last_session_was(memory: Keepsake, off_s: float) -> None:
    machine = Machine(memory)
    assert machine.pauses.since_s is None
    machine.pauses.begin()
    machine.pauses.end_well()
    machine.passes(600.0)
    machine.pauses.keep_up()
    pauses = machine.reboots(off_s)
    assert pauses.since_s == pytest.approx(600.0 + off_s, abs=10)
    assert pauses.resting() is None


def test_short_runs_without_a_clock_add_up(memory: Keepsake) -> None:
    machine = Machine(memory, ClockQuality.UNSET)
    machine.pauses.end_well()
    for _ in range(12):
        machine.passes(SAVED_EVERY_S + 1)
        machine.pauses.keep_up()
        machine.reboots(off_s=86_400.0)
    assert machine.pauses.since_s is not None
    assert machine.pauses.since_s >= 12 * SAVED_EVERY_S


def test_a_session_that_was_broken_off_for_a_stop_begins_again_at_once(memory: Keepsake) -> None:
    machine = Machine(memory)
    machine.pauses.begin()
    machine.pauses.end_unasked()
    assert machine.reboots().resting() is None


@pytest.mark.parametrize("saved", [b"", b"null", b"{}", b'{"reading": 3}', b"\xff"])
def test_what_cannot_be_read_is_forgotten(memory: Keepsake, saved: bytes) -> None:
    memory.save(saved)
    machine = Machine(memory)
    assert (machine.pauses.since_s, machine.pauses.resting()) == (None, None)
