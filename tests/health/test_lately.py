"""What befell a station stands as an alarm for a while, and ends by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.health.clock import ClockState
from edge.health.elapsed import Elapsed
from edge.health.last_end import Cause
from edge.health.lately import (
    CLOCK_STEPPED,
    GAP_S,
    KILLED_FOR_MEMORY,
    LOOK_S,
    POWER_WAS_CUT,
    STANDS_S,
    TEXTS,
    UNKNOWN_S,
    Lately,
)
from edge.records import ClockQuality
from edge.spool.errors import SpoolFull
from edge.spool.spool import Spool
from tests.health.bench import Memory, Told

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR_S = 3600.0


@dataclass
class Machine:
    """One that is switched off and on; ``knows`` the time where it has a clock."""

    ledgers: Spool
    run: int = 1
    age_s: float = 30.0
    utc: datetime = NOON
    knows: bool = True
    memory: Memory = field(default_factory=Memory)
    told: Told = field(default_factory=Told)

    def starts(self, before: Cause | None = None, *, by_design: bool = False) -> Lately:
        """A process of the station."""
        boot, ledger = self.run.to_bytes(16), self.ledgers.ledger
        elapsed = Elapsed(self.clock, lambda: boot, lambda: int(self.age_s))
        return Lately(
            self.memory, ledger, self.told, elapsed, lambda: before, by_design, lambda: self.age_s
        )

    def clock(self) -> ClockState:
        quality = ClockQuality.RTC if self.knows else ClockQuality.UNSET
        return ClockState(quality, self.utc - datetime.now(UTC))

    def passes(self, seconds: float) -> None:
        self.age_s += seconds
        self.utc += timedelta(seconds=seconds)

    def is_off_for(self, seconds: float) -> None:
        self.utc += timedelta(seconds=seconds)
        self.run, self.age_s = self.run + 1, 30.0

    def lives(self, lately: Lately, seconds: float) -> None:
        """With a look an hour."""
        while seconds > 0:
            self.passes(min(seconds, HOUR_S))
            seconds -= HOUR_S
            lately.step()

    @property
    def alarms(self) -> set[str]:
        return set(self.ledgers.ledger.alarms())


@pytest.fixture
def machine(ledgers: Spool) -> Machine:
    return Machine(ledgers)


@pytest.mark.parametrize(
    ("cause", "alarm"), [(Cause.OOM, KILLED_FOR_MEMORY), (Cause.POWER, POWER_WAS_CUT)]
)
def test_what_ended_the_last_run_is_one_alarm_and_one_line(
    machine: Machine, cause: Cause, alarm: str
) -> None:
    lately = machine.starts(cause)
    for _ in range(3):
        lately.step()
        machine.passes(LOOK_S)
    assert machine.ledgers.ledger.alarms() == {alarm: TEXTS[alarm]}
    assert machine.told.troubles == [TEXTS[alarm]]


@pytest.mark.parametrize("cause", [None, *sorted(set(Cause) - {Cause.OOM, Cause.POWER})])
def test_an_end_in_order_is_no_alarm(machine: Machine, cause: Cause | None) -> None:
    machine.starts(cause).step()
    assert machine.alarms == set()
    assert machine.told.troubles == []


def test_power_that_goes_by_design_is_no_alarm_and_want_of_memory_is(machine: Machine) -> None:
    machine.starts(Cause.POWER, by_design=True).step()
    assert machine.alarms == set()
    machine.starts(Cause.OOM, by_design=True).step()
    assert machine.alarms == {KILLED_FOR_MEMORY}


def test_it_ends_by_itself(machine: Machine) -> None:
    lately = machine.starts(Cause.POWER)
    lately.step()
    machine.lives(lately, STANDS_S - 60)
    assert machine.alarms == {POWER_WAS_CUT}
    machine.lives(lately, 60)
    assert machine.alarms == set()
    machine.starts(Cause.STOPPED).step()
    assert machine.alarms == set()


def test_what_happens_again_stands_for_its_whole_time_again(machine: Machine) -> None:
    lately = machine.starts(Cause.POWER)
    lately.step()
    machine.lives(lately, STANDS_S - 60)
    lately.happened(POWER_WAS_CUT)
    machine.lives(lately, STANDS_S - 60)
    assert machine.alarms == {POWER_WAS_CUT}


def test_it_goes_on_over_restarts_of_the_process(machine: Machine) -> None:
    machine.starts(Cause.OOM).step()
    for _ in range(int(STANDS_S / HOUR_S) - 1):
        machine.passes(HOUR_S)
        machine.starts(Cause.STOPPED).step()
        assert machine.alarms == {KILLED_FOR_MEMORY}
    machine.passes(HOUR_S)
    machine.starts(Cause.STOPPED).step()
    assert machine.alarms == set()


def test_a_week_without_power_told_nobody_and_ends_no_alarm(machine: Machine) -> None:
    machine.starts(Cause.OOM).step()
    machine.is_off_for(7 * 86_400)
    lately = machine.starts(Cause.REBOOTED)
    lately.step()
    machine.lives(lately, STANDS_S - GAP_S - 60)
    assert machine.alarms == {KILLED_FOR_MEMORY}
    machine.lives(lately, 60)
    assert machine.alarms == set()


def test_a_station_without_a_clock_that_wakes_for_seconds_comes_to_its_end_too(
    machine: Machine,
) -> None:
    machine.knows = False
    machine.starts(Cause.OOM, by_design=True).step()
    wakes = 0
    while machine.alarms:
        machine.is_off_for(HOUR_S)
        machine.starts(Cause.REBOOTED, by_design=True).step()
        wakes += 1
    assert wakes == STANDS_S / UNKNOWN_S


def test_one_whose_beginning_was_lost_comes_to_its_end(machine: Machine) -> None:
    machine.starts(Cause.OOM).step()
    machine.memory.state = b"damaged"
    lately = machine.starts(Cause.STOPPED)
    lately.step()
    machine.lives(lately, STANDS_S)
    assert machine.alarms == set()


def test_what_stands_wears_no_card(machine: Machine) -> None:
    lately = machine.starts(Cause.POWER)
    for _ in range(int(STANDS_S / LOOK_S) + 2):
        lately.step()
        machine.passes(LOOK_S)
    assert machine.alarms == set()
    assert machine.memory.saves <= 32


def test_what_a_full_card_refuses_is_raised_later(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lately = machine.starts()
    lately.step()
    lately.happened(CLOCK_STEPPED)
    with monkeypatch.context() as full:
        full.setattr(machine.memory, "save", refuses)
        with pytest.raises(SpoolFull):
            lately.step()
    assert machine.alarms == set()
    lately.step()
    assert machine.alarms == {CLOCK_STEPPED}


def refuses(_: bytes) -> None:
    raise SpoolFull("no room")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.binary(max_size=60) | st.sampled_from([b"[1]", b'[["a",["b",1,2],NaN]]', b"[[1,2]]"]))
def test_whatever_a_damaged_card_holds_is_read_without_an_error(
    ledgers: Spool, state: bytes
) -> None:
    machine = Machine(ledgers, memory=Memory(state))
    lately = machine.starts()
    lately.step()
    machine.lives(lately, STANDS_S)
    assert machine.alarms == set()
