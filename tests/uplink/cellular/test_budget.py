"""The data budget is never exceeded: not by power cuts, not by clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.health.clock import ClockState
from edge.records import ClockQuality
from edge.uplink.cellular.budget import DataBudget, DataLimits, on_the_network
from edge.uplink.cellular.errors import DataSpent, SessionSpent
from edge.uplink.cellular.ledger_clock import Calendar, Reading, machine_reading
from edge.uplink.cellular.meter import Meter

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOUR_S = 3600.0
DAY_S = 86400.0
LIMITS = DataLimits(day_bytes=1000, month_bytes=5000)


class Clock:
    """The clocks of a machine, in the test's hand."""

    def __init__(self) -> None:
        self.now = Reading(NOON.timestamp(), ClockQuality.NTP, 100.0, "run 1")
        self._runs = 1

    def __call__(self) -> Reading:
        return self.now

    def passes(self, seconds: float) -> None:
        wall_s, running_s = self.now.wall_s + seconds, self.now.running_s + seconds
        self.now = replace(self.now, wall_s=wall_s, running_s=running_s)

    def is_set(self, seconds: float, quality: ClockQuality = ClockQuality.NTP) -> None:
        self.now = replace(self.now, wall_s=self.now.wall_s + seconds, clock=quality)

    def reboots(self, off_s: float = 30.0) -> None:
        self._runs += 1
        wall_s = self.now.wall_s + off_s
        self.now = replace(self.now, wall_s=wall_s, running_s=1.0, boot=f"run {self._runs}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.json"


@pytest.fixture
def budget(path: Path, clock: Clock) -> DataBudget:
    clock.passes(-12 * HOUR_S)  # it begins at midnight
    made = DataBudget(path, LIMITS, clock)
    clock.passes(12 * HOUR_S)
    return made


def spend(budget: DataBudget, size_bytes: int) -> bool:
    try:
        budget.reserve(size_bytes)
    except DataSpent:
        return False
    return True


def test_a_day_holds_so_much_and_no_byte_more(budget: DataBudget) -> None:
    assert spend(budget, 900)
    assert not spend(budget, 101)
    assert spend(budget, 100)
    assert not spend(budget, 1)
    assert budget.state().left_bytes == 0


def test_what_a_person_is_told_when_it_is_spent(budget: DataBudget) -> None:
    budget.reserve(1000)
    with pytest.raises(DataSpent, match=r"today 1000 of 1000, .* \(\[uplink.cellular\] day_bytes"):
        budget.reserve(1)


def test_the_next_day_begins_anew_until_the_month_is_spent(
    budget: DataBudget, clock: Clock
) -> None:
    for _ in range(5):
        assert spend(budget, 1000)
        clock.passes(DAY_S)
    assert not spend(budget, 1)
    clock.passes(21 * DAY_S)
    assert (datetime.fromtimestamp(clock.now.wall_s, UTC)).month == 4
    assert spend(budget, 1000)


def test_a_reboot_forgets_nothing(budget: DataBudget, path: Path, clock: Clock) -> None:
    budget.reserve(800)
    clock.reboots()
    again = DataBudget(path, LIMITS, clock)
    assert again.state().day_bytes == 800
    assert not spend(again, 201)


def test_a_station_that_slept_over_midnight_begins_anew(
    budget: DataBudget, path: Path, clock: Clock
) -> None:
    budget.reserve(1000)
    clock.reboots(off_s=DAY_S)
    assert spend(DataBudget(path, LIMITS, clock), 1000)


def test_what_is_kept_for_alerts_is_for_nothing_else(budget: DataBudget) -> None:
    reserve = LIMITS.day_reserve_bytes
    assert 0 < reserve <= 500
    budget.reserve(1000 - reserve, urgent=False)
    with pytest.raises(DataSpent):
        budget.reserve(1, urgent=False)
    assert budget.state().common_bytes == 0
    budget.reserve(reserve)
    assert budget.state().left_bytes == 0


def test_how_long_a_day_and_a_month_last_is_told(budget: DataBudget, clock: Clock) -> None:
    state = budget.state()
    assert state.day_left_s == 12 * HOUR_S
    assert state.month_left_s == 12 * HOUR_S + 21 * DAY_S
    clock.passes(state.day_left_s)
    assert budget.state().day == state.day + 1
    clock.is_set(-HOUR_S)  # the same midnight comes again
    assert budget.state().day_left_s > DAY_S


def test_what_was_reserved_and_not_used_is_given_back(budget: DataBudget) -> None:
    reserved = budget.reserve(600)
    budget.settle(reserved, 100)
    assert budget.state().day_bytes == 100
    budget.settle(budget.reserve(100), 250)
    assert budget.state().day_bytes == 350


def test_nothing_of_yesterday_is_given_back_to_today(budget: DataBudget, clock: Clock) -> None:
    reserved = budget.reserve(600)
    clock.passes(DAY_S)
    budget.settle(reserved, 100)
    state = budget.state()
    assert (state.day_bytes, state.month_bytes) == (0, 100)


def test_a_power_cut_before_settling_counts_all_as_sent(
    budget: DataBudget, path: Path, clock: Clock
) -> None:
    budget.reserve(600)
    assert DataBudget(path, LIMITS, clock).state().day_bytes == 600


def test_without_limits_everything_goes_and_is_counted(path: Path, clock: Clock) -> None:
    budget = DataBudget(path, DataLimits(), clock)
    assert spend(budget, 10**9)
    assert budget.state().left_bytes is None
    assert budget.state().counters() == {
        "data-day-bytes": 10**9,
        "data-month-bytes": 10**9,
    }


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1), timedelta(days=4000)])
def test_a_clock_that_is_set_opens_no_new_day(
    budget: DataBudget, clock: Clock, jump: timedelta
) -> None:
    budget.reserve(1000)
    clock.is_set(jump.total_seconds())
    assert not spend(budget, 1)
    clock.is_set(-jump.total_seconds())
    assert not spend(budget, 1)
    clock.passes(DAY_S)
    assert spend(budget, 1000)


def test_a_clock_set_for_the_first_time_opens_no_new_day(path: Path, clock: Clock) -> None:
    clock.is_set(-NOON.timestamp() + HOUR_S, ClockQuality.UNSET)
    budget = DataBudget(path, LIMITS, clock)
    budget.reserve(1000)
    clock.is_set(NOON.timestamp() - HOUR_S)
    assert not spend(budget, 1)
    clock.reboots()
    again = DataBudget(path, LIMITS, clock)
    assert not spend(again, 1)


def test_a_station_without_any_clock_has_days_too(path: Path, clock: Clock) -> None:
    clock.is_set(-NOON.timestamp(), ClockQuality.UNSET)
    budget = DataBudget(path, LIMITS, clock)
    budget.reserve(1000)
    clock.passes(2 * DAY_S)
    assert spend(budget, 1000)
    clock.reboots()
    clock.is_set(-clock.now.wall_s)  # it begins at 1970 again, and says that it is unset
    clock.is_set(0, ClockQuality.UNSET)
    assert not spend(DataBudget(path, LIMITS, clock), 1)


moves = st.lists(
    st.one_of(
        st.tuples(st.just("passes"), st.floats(0, 30 * HOUR_S)),
        st.tuples(st.just("is_set"), st.floats(-40 * DAY_S, 40 * DAY_S)),
        st.tuples(st.just("spends"), st.integers(1, 1000)),
    ),
    max_size=40,
)


@settings(max_examples=200)
@given(moves)
def test_however_a_clock_is_set_no_two_budgets_go_out_within_a_day(
    moves: list[tuple[str, float]],
) -> None:
    """Of the time that truly passes: between two new days lie 22 hours, whatever a clock says."""
    clock = Clock()
    calendar = Calendar.new(clock.now)
    begun_s: list[float] = []
    for move, amount in moves:
        if move == "spends":
            continue
        getattr(clock, move)(amount)
        after = calendar.advanced(clock.now)
        if after.day_began_s != calendar.day_began_s:
            begun_s.append(after.day_began_s)
        assert after.lived_s == pytest.approx(clock.now.running_s - 100.0)
        calendar = after
    assert all(later - earlier >= 22 * HOUR_S for earlier, later in pairwise(begun_s))


@settings(max_examples=100)
@given(moves)
def test_the_count_is_what_was_taken_and_never_above_the_limits(
    moves: list[tuple[str, float]],
) -> None:
    with TemporaryDirectory() as folder:
        check_counts(moves, Path(folder) / "data.json")


def check_counts(moves: list[tuple[str, float]], file: Path) -> None:
    clock = Clock()
    for move, amount in moves:
        budget = DataBudget(file, LIMITS, clock)  # as after a reboot each time
        if move == "spends":
            left = budget.state().left_bytes
            assert left is not None
            assert spend(budget, int(amount)) is (amount <= left)
        else:
            getattr(clock, move)(amount)
        state = budget.state()
        assert state.day_bytes <= LIMITS.day_bytes
        assert state.month_bytes <= LIMITS.month_bytes


def test_a_file_that_cannot_be_read_counts_as_a_spent_budget(path: Path, clock: Clock) -> None:
    path.write_bytes(b"\x00\xff")
    budget = DataBudget(path, LIMITS, clock)
    assert budget.state().left_bytes == 0
    clock.passes(35 * DAY_S)
    assert spend(budget, 1000)


def test_headers_are_counted_with_the_payload() -> None:
    assert on_the_network(0) == 0
    assert on_the_network(1) == 131
    assert on_the_network(4800) == 4800 + 4 * 130


def test_this_machine_has_a_clock_that_nobody_sets() -> None:
    first = machine_reading(lambda: ClockState(ClockQuality.NTP))()
    second = machine_reading(lambda: ClockState(ClockQuality.NTP))()
    assert second.running_s >= first.running_s
    assert first.boot == second.boot != ""


def test_a_month_goes_by_the_time_that_was_told_and_not_by_the_system_s_clock() -> None:
    told = ClockState(ClockQuality.GPS, timedelta(days=400))
    reading = machine_reading(lambda: told)()
    assert reading.clock is ClockQuality.GPS
    assert abs(reading.wall_s - told.now().timestamp()) < 60


def test_what_was_not_sent_after_all_is_given_back(budget: DataBudget) -> None:
    meter = Meter(budget, lambda: None)
    meter.spend(100)
    paid = meter.used_bytes
    meter.spend(200)
    meter.give_back(200)
    assert meter.used_bytes == paid == budget.state().day_bytes


def test_a_session_may_use_so_much_though_the_day_has_more(budget: DataBudget) -> None:
    meter = Meter(budget, lambda: None, most_bytes=500)
    meter.spend(100)
    with pytest.raises(SessionSpent):
        meter.spend(200)
    assert budget.state().left_bytes == 1000 - meter.used_bytes
