"""Storm control over the sleep of a woken station: a hot rock has one bucket, not one a wake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from edge.capture.trigger.firing import Firing
from edge.capture.trigger.pacing import Pacing, PacingTerms
from edge.capture.trigger.storm import Left, StormTerms
from edge.health.clock import ClockState
from edge.health.elapsed import Elapsed
from edge.records import ClockQuality
from edge.storm_memory import StormMemory
from tests.capture.trigger.driving import ignore, pir

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
STORM = StormTerms()
ROCK_S = 7.2
"""2,000 firings in four hours."""
LULL_S, BOOT_S, OFF_S = 10.0, 15.0, 30.0


@dataclass
class Card:
    state: bytes | None = None
    writes: int = 0

    def load(self) -> bytes | None:
        return self.state

    def save(self, state: bytes) -> None:
        self.state, self.writes = state, self.writes + 1


@dataclass(frozen=True)
class Shown(ClockState):
    shown: datetime = NOON

    def now(self) -> datetime:
        return self.shown


@dataclass
class Trap:
    """A woken station, as far as storm control goes: each wake is a new Pacing in a new run."""

    card: Card = field(default_factory=Card)
    quality: ClockQuality = ClockQuality.RTC
    now_s: float = 0.0
    bursts: int = 0
    wakes: int = 0
    raging: frozenset[str] = frozenset()
    random: Random = field(default_factory=lambda: Random(1))

    def wake(self) -> None:
        self.wakes, self.booted_s = self.wakes + 1, self.now_s
        self.pacing = Pacing(PacingTerms(), STORM, self.random.random, ignore)
        elapsed = Elapsed(
            lambda: Shown(self.quality, shown=NOON + timedelta(seconds=self.now_s)),
            lambda: self.wakes.to_bytes(16, "big"),
            lambda: int(self.now_s - self.booted_s),
        )
        self.memory = StormMemory(self, self.card, elapsed)
        self.memory.restore()
        self.memory.recall()

    def fires(self) -> bool:
        """Whether it becomes a burst."""
        self.pacing.fired(self.firing(), self.now_s)
        if self.pacing.begin(self.now_s) is None:
            return False
        self.bursts += 1
        self.now_s += 3.0
        self.pacing.end(self.now_s)
        return True

    def firing(self) -> Firing:
        return pir(self.now_s)

    def goes_off(self) -> float:
        """For how long its sensor may not wake it."""
        rests_s = self.pacing.rests_s(self.now_s)
        self.memory.keep()
        return rests_s

    def left(self) -> dict[str, Left]:
        return dict(self.pacing.left(self.now_s))

    def expect(self, raging: frozenset[str]) -> None:
        self.raging = raging

    def recall(self, left: Mapping[str, Left], ago_s: float) -> None:
        self.raging = self.pacing.recall(left, ago_s, self.now_s)


def a_noon(trap: Trap, hours: float = 4.0) -> None:
    """Of a rock that fires every 7.2 s: the station sleeps whenever storm control lets it."""
    while trap.now_s < 3600 * hours:
        trap.now_s += BOOT_S
        trap.wake()
        quiet_from_s = trap.now_s
        while trap.now_s - quiet_from_s < LULL_S:
            trap.now_s += ROCK_S
            if trap.fires():
                quiet_from_s = trap.now_s
        trap.now_s += OFF_S + trap.goes_off()


def test_a_noon_of_2000_firings_costs_a_woken_station_no_more_than_an_armed_one() -> None:
    trap = Trap()
    a_noon(trap)
    assert STORM.most_bursts < trap.bursts <= STORM.bound(4 * 3600)
    assert trap.wakes <= trap.bursts + 5, "it boots for samples, and for little else"
    assert trap.card.writes == trap.wakes
    assert trap.raging


def test_real_events_are_still_sampled_all_through_it() -> None:
    trap = Trap()
    a_noon(trap, 1.0)
    before = trap.bursts
    a_noon(trap, 4.0)
    assert trap.bursts - before >= 3 * STORM.per_hour * STORM.sample_share / 2


def emptied() -> Trap:
    trap = Trap()
    trap.wake()
    while trap.fires():
        trap.now_s += 1.0
    assert trap.goes_off() > 0
    return trap


def test_a_rock_that_has_cooled_costs_the_first_animal_nothing() -> None:
    trap = emptied()
    trap.now_s += 3600.0
    trap.wake()
    trap.goes_off()  # nothing fired: from now on its sensor watches
    trap.now_s += 3600.0
    trap.wake()
    assert not trap.raging
    assert trap.fires()


def test_a_memory_that_is_lost_or_damaged_leaves_a_full_bucket() -> None:
    for state in (None, b"", b"[", b'[["x", 0, null], {"pir": [NaN, 1, 1]}]', b"[1, 2]"):
        trap = emptied()
        trap.card.state = state
        trap.wake()
        assert trap.fires() and not trap.goes_off()


def test_where_no_clock_tells_how_long_it_slept_the_bucket_is_full() -> None:
    trap = emptied()
    trap.quality = ClockQuality.UNSET
    trap.wake()
    assert trap.fires() and not trap.goes_off()


def test_what_was_taken_before_a_clock_was_there_is_paid_for() -> None:
    trap = emptied()
    trap.quality = ClockQuality.UNSET
    trap.now_s += 60.0
    trap.wake()
    assert trap.raging == {"pir"}, "its alarm stands meanwhile"
    assert trap.fires()
    trap.quality = ClockQuality.RTC
    trap.memory.recall()
    trap.now_s += 1.0
    assert not trap.fires()
    assert trap.goes_off() > 1 / STORM.per_second


@given(st.binary(max_size=200))
def test_any_bytes_are_a_memory_that_was_lost(state: bytes) -> None:
    trap = Trap(Card(state))
    trap.wake()
    assert trap.fires()
