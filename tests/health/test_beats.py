"""Signs of life of a station that is woken for each event: one a period, and one for an alarm."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.health.beats import UNKNOWN_S, Beats
from edge.health.clock import ClockState
from edge.health.elapsed import Elapsed
from edge.health.selftest import Found, passed
from edge.health.selftest_stage import SelftestStage
from edge.health.stage import HeartbeatStage
from edge.records import ClockQuality
from edge.security.keys import BasecampKey, StationKey
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.wire.sealing import Identity
from tests.kit.station import Notes

CAMP, STATION = BasecampKey.generate(), StationKey.generate()
PERIOD_S = 86_400.0


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path / "spool", CAMP.token.seal, Budget(0, 0), None) as opened:
        yield opened


class Wakes:
    """Each a run of the machine, ``at_s`` after the first."""

    def __init__(self, spool: Spool) -> None:
        self.spool, self.run, self.awake_s = spool, 0, 0.0
        self.quality = ClockQuality.RTC

    def beats(self, at_s: float) -> Beats:
        self.run += 1
        self.awake_s = 0.0
        offset, boot = timedelta(seconds=at_s), self.run.to_bytes(16)
        elapsed = Elapsed(
            lambda: ClockState(self.quality, offset),
            lambda: boot,
            lambda: self.awake_s,
        )
        return Beats(self.spool.keepsake("beats"), elapsed, PERIOD_S, lambda: self.awake_s)

    def says(self, at_s: float) -> bool:
        """Whether a heartbeat is queued in a wake, once its clock is known."""
        identity = Identity("ridge-2", STATION, CAMP.token)
        stage = HeartbeatStage(self.spool, identity, 900.0, beats=self.beats(at_s))
        self.awake_s = UNKNOWN_S
        said = stage.step()
        assert not stage.step(), "once is enough"
        return said

    def tests_itself(self, at_s: float, software: str = "0.1") -> bool:
        """Whether the station examines itself in a wake of a minute."""
        examined = []

        def check() -> Found:
            examined.append(at_s)
            return passed("well")

        stage = SelftestStage(
            {"keys": check},
            self.spool.ledger,
            Notes(),
            self.spool.keepsake("results"),
            lambda: datetime(2026, 6, 1, tzinfo=UTC),
            lambda: self.awake_s,
            self.beats(at_s),
            {"version": software},
        )
        for second in range(60):
            self.awake_s = second
            stage.step()
        assert len(examined) <= 1
        return bool(examined)


@pytest.fixture
def wakes(spool: Spool) -> Wakes:
    return Wakes(spool)


def test_a_busy_trap_says_how_it_is_once_a_period(wakes: Wakes) -> None:
    said = [at_s for at_s in range(0, 4 * int(PERIOD_S), 600) if wakes.says(at_s)]
    assert len(said) == 4
    gaps_s = [later - sooner for sooner, later in itertools.pairwise(said)]
    assert all(PERIOD_S <= gap_s <= PERIOD_S + 600 for gap_s in gaps_s)


def test_an_alarm_that_came_or_went_is_told_at_the_next_wake(wakes: Wakes, spool: Spool) -> None:
    assert wakes.says(0)
    spool.ledger.raise_alarm("card-full", "no room")
    assert [wakes.says(600), wakes.says(1200)] == [True, False]
    spool.ledger.clear_alarm("card-full")
    assert [wakes.says(1800), wakes.says(2400)] == [True, False]


def test_where_no_clock_tells_how_long_ago_it_was_it_is_said_again(wakes: Wakes) -> None:
    wakes.quality = ClockQuality.UNSET
    assert [wakes.says(at_s) for at_s in (0, 600)] == [True, True]


def test_a_clock_that_the_controller_is_only_being_asked_for_is_waited_for(wakes: Wakes) -> None:
    assert wakes.says(0)
    wakes.quality = ClockQuality.UNSET
    beats = wakes.beats(600)
    assert beats.due_in_s() > 0
    wakes.quality = ClockQuality.RTC
    assert beats.due_in_s() == pytest.approx(PERIOD_S - 600, abs=5)


def test_not_every_wake_has_a_self_test(wakes: Wakes) -> None:
    day_s = int(PERIOD_S)
    assert [wakes.tests_itself(at_s) for at_s in (0, 600, day_s - 60, day_s + 60)] == [
        True, False, False, True
    ]  # fmt: skip


def test_other_software_tests_itself_at_its_first_wake(wakes: Wakes) -> None:
    assert wakes.tests_itself(0)
    assert [wakes.tests_itself(at_s, "0.2") for at_s in (600, 1200)] == [True, False]


@pytest.mark.parametrize("state", [b"", b"{", b"[]", b"[1, 2]", b"null", b"\xff"])
def test_a_damaged_memory_is_none(wakes: Wakes, spool: Spool, state: bytes) -> None:
    spool.keepsake("beats").save(state)
    assert wakes.says(0)
    assert not wakes.says(600)
