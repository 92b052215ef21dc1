"""What survives a reboot, and what the small ledgers of the scheduler promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import ItemKind
from edge.spool.items import Priority
from edge.spool.queue import Queued
from edge.uplink.radio.duty import Ledger, NotNow
from edge.uplink.radio.regions_tables import EU868, US915
from edge.uplink.schedule.airtime import airtime_budget, busy_s
from edge.uplink.schedule.candidates import candidates
from edge.uplink.schedule.choose import Decision, choose
from edge.uplink.schedule.delivery import Delivery
from edge.uplink.schedule.energy import Power, energy_budget
from edge.uplink.schedule.situation import Form, Resource, Situation
from edge.uplink.schedule.snapshot import NoSnapshot, Snapshot, read_snapshot, write_snapshot
from edge.uplink.schedule.state import DamagedSchedule, SchedulerState
from edge.uplink.schedule.tries import LONGEST_PAUSE_S, Tries
from edge.uplink.schedule.values import ValueClass
from edge.uplink.schedule.windows import Overspent, Window
from tests.spool.makers import NOON
from tests.uplink.schedule.makers import (
    DR0,
    an_item,
    cellular,
    data,
    joules,
    lorawan,
    the_situation,
)

DAY_S = 86_400.0
MONTH = Window("data of the month", Resource.DATA, 1_000_000, 30 * DAY_S, reserve=50_000)


def a_decision() -> Decision:
    budget = MONTH.budget(0.0)
    link = cellular(budgets=(budget,))
    outcome = choose(the_situation(an_item(1), links=(link,), energy=joules(10_000)))
    assert isinstance(outcome, Decision)
    return outcome


def test_after_a_reboot_everything_is_as_it_was_and_no_time_was_gained() -> None:
    before = SchedulerState(started_s=500.0, windows=[MONTH])
    before.sent(a_decision(), now_s=100.0, answer_s=60.0)
    before.outcome("cellular", arrived=False)
    after = SchedulerState.load(before.to_bytes(130.0), started_s=3.0, windows=[MONTH])
    assert after.now_s(3.0) == 130.0
    item = an_item(1)
    assert after.tries.applied(item) == before.tries.applied(item)
    assert after.tries.of(item.item_id).not_before_s > 130.0
    assert after.applied(cellular()) == before.applied(cellular())
    assert after.applied(cellular()).since_turn == 1
    assert after.windows == before.windows
    assert after.windows["data of the month"].used == 561 + 60 + 6_000


def test_new_limits_count_after_a_reboot_and_what_was_used_stays_used() -> None:
    before = SchedulerState(0.0, [MONTH.charged(900_000, 10.0)])
    smaller = replace(MONTH, limit=800_000)
    after = SchedulerState.load(before.to_bytes(20.0), 0.0, [smaller])
    assert after.windows["data of the month"].budget(20.0).left == 0


@given(st.binary(max_size=80))
def test_a_damaged_state_is_refused_in_one_way(junk: bytes) -> None:
    with pytest.raises(DamagedSchedule):
        SchedulerState.load(junk, 0.0)


def test_where_it_was_forgotten_what_was_used_a_budget_counts_as_used_up() -> None:
    state = SchedulerState(0.0, forgot=True)
    state.track(MONTH)
    assert state.windows[MONTH.name].budget(0.0).left == 0
    assert state.windows[MONTH.name].budget(30 * DAY_S).left == MONTH.limit


def test_a_window_gives_everything_back_at_its_end_and_nothing_before() -> None:
    used = MONTH.spent(600_000, 5.0)
    assert used.budget(30 * DAY_S + 4).left == 400_000
    assert used.budget(30 * DAY_S + 5).left == 1_000_000
    with pytest.raises(Overspent, match="600000 bytes of data of the month, where 400000 are left"):
        used.spent(600_000, 6.0)
    assert used.charged(600_000, 6.0).budget(6.0).left == 0


@given(st.lists(st.tuples(st.floats(0, 100_000), st.floats(0, 300_000)), max_size=60))
def test_no_window_ever_holds_more_than_its_limit(uses: list[tuple[float, float]]) -> None:
    window, now_s, spent = replace(MONTH, window_s=DAY_S), 0.0, 0.0
    for pause_s, wanted in uses:
        now_s += pause_s
        amount = min(wanted, window.budget(now_s).left)
        if now_s >= window.began_s + DAY_S or not window.used:
            spent = 0.0
        window = window.spent(amount, now_s)
        spent += amount
        assert spent <= window.limit + 1e-6


def test_pauses_between_attempts_double_up_to_a_limit_and_are_spread() -> None:
    tries, pauses = Tries(), []
    for attempt in range(20):
        now_s = attempt * 1e6
        tries.sent(b"a", "lorawan", now_s, 60.0, whole=True, short=False)
        pauses.append(tries.of(b"a").not_before_s - now_s)
    assert pauses[1] == pytest.approx(2 * pauses[0])
    assert pauses[-1] == pauses[-2] <= 1.2 * LONGEST_PAUSE_S
    tries.sent(b"b", "lorawan", 0.0, 60.0, whole=True, short=False)
    assert tries.of(b"b").not_before_s != pauses[0]


def test_a_part_begins_no_wait_for_an_answer_and_a_known_loss_ends_it() -> None:
    tries = Tries()
    tries.sent(b"a", "lorawan", 5.0, 60.0, whole=False, short=False)
    assert (tries.of(b"a").count, tries.of(b"a").not_before_s, tries.of(b"a").last_s) == (0, 0, 5)
    tries.sent(b"a", "lorawan", 6.0, 60.0, whole=True, short=False)
    tries.lost(b"a", 7.0)
    assert tries.of(b"a").not_before_s == 7.0
    tries.keep(set())
    assert tries.all() == {}


def test_experience_tells_a_good_link_from_a_poor_one_and_is_forgotten() -> None:
    good = poor = Delivery()
    assert good.chance == 0.5
    for number in range(200):
        good, poor = good.after(True), poor.after(number % 10 == 0)
    assert good.chance > 0.95
    assert 0.0 < poor.chance < 0.2
    for _ in range(60):
        good = good.after(False)
    assert good.chance < 0.3


def test_what_the_night_and_a_dark_day_need_is_left_to_the_station_by_all_but_alerts() -> None:
    sunny = Power(100_000, 160_000, 20_000, 0.5, until_sun_s=10 * 3600, harvest_j=60_000)
    budget = energy_budget(sunny)
    assert (budget.left, budget.reserve, budget.limit) == (80_000, 18_000, 140_000)
    dark = replace(sunny, harvest_j=3_200)  # 40 kJ fewer than the station needs in a day
    assert energy_budget(dark).spendable(alert=False) == 80_000 - 18_000 - 40_000
    assert energy_budget(dark).spendable(alert=True) == 80_000


def test_an_almost_empty_battery_still_sends_frames_but_brings_up_no_bearer() -> None:
    poor = Power(25_000, 160_000, 20_000, 0.5, until_sun_s=10 * 3600, harvest_j=0)
    frame = the_situation(an_item(1), links=(lorawan(),), energy=energy_budget(poor))
    assert isinstance(choose(frame), Decision)
    session = the_situation(an_item(1), links=(cellular(),), energy=energy_budget(poor))
    assert not isinstance(choose(session), Decision)
    alert = the_situation(
        an_item(1, ValueClass.ALERT), links=(cellular(),), energy=energy_budget(poor)
    )
    assert isinstance(choose(alert), Decision)
    empty = energy_budget(replace(poor, battery_j=19_000))
    nothing = the_situation(an_item(1, ValueClass.ALERT), links=(lorawan(),), energy=empty)
    assert not isinstance(choose(nothing), Decision)


def test_the_ledger_as_a_budget_is_never_kinder_than_the_regulation() -> None:
    ledger, now_ms = Ledger(EU868), 0
    frame_ms = DR0.airtime_ms(51)
    for _ in range(60):
        budget = airtime_budget(ledger, EU868, now_ms, frame_ms)
        assert budget is not None
        if budget.left >= frame_ms and not busy_s(ledger, now_ms):
            ledger.spend(frame_ms, now_ms)  # raises NotNow
            now_ms += 2_794
        else:
            wait_ms = round(1000 * max(busy_s(ledger, now_ms), budget.refill_in_s))
            assert 0 < wait_ms <= 3_600_000
            now_ms += wait_ms
    with pytest.raises(NotNow):
        for _ in range(13):
            ledger.spend(frame_ms, now_ms)


def test_where_airtime_is_not_limited_there_is_no_budget() -> None:
    assert airtime_budget(Ledger(US915), US915, 0, 100.0) is None


@pytest.mark.parametrize(
    ("priority", "known", "told", "value"),
    [
        (Priority.ALERT, False, False, ValueClass.ALERT),
        (Priority.SIGHTING, False, False, ValueClass.NEW_CAT),
        (Priority.SIGHTING, True, False, ValueClass.KNOWN_CAT),
        (Priority.SIGHTING, True, True, ValueClass.RECORD),
        (Priority.ALERT, False, True, ValueClass.RECORD),
    ],
)
def test_an_item_of_the_outbox_has_its_class_and_sizes(
    priority: Priority, known: bool, told: bool, value: ValueClass
) -> None:
    item = a_queued(priority=priority, known=known, told=told, news_bytes=None if told else 39)
    (made,) = candidates([item], NOON, 100.0)
    assert made.value_class is value
    assert made.sizes == ({Form.MESSAGE: 561} if told else {Form.MESSAGE: 561, Form.RADIO: 39})
    assert (made.event_s, made.waiting_since_s) == (50.0, 80.0)


def test_who_waited_longer_does_not_depend_on_a_clock_that_was_set() -> None:
    times = [NOON + timedelta(days=30), NOON - timedelta(days=9000), NOON]
    made = candidates([a_queued(queued_at=at) for at in times], NOON, 100.0)
    waits = [one.waiting_since_s for one in made]
    assert waits == sorted(set(waits))
    assert all(one.worth(100.0) > 0 for one in made)


def a_queued(**other: Any) -> Queued:
    """A sighting that was queued 20 s before NOON, 30 s after its event."""
    values = {
        "seq": 1,
        "item_id": b"i" * 16,
        "kind": ItemKind.SIGHTING,
        "priority": Priority.SIGHTING,
        "burst_id": "ab" * 16,
        "size_bytes": 561,
        "event_at": NOON - timedelta(seconds=50),
        "queued_at": NOON - timedelta(seconds=20),
        "known": False,
        "told": False,
        "news_bytes": 39,
    }
    return Queued(**{**values, **other})


def test_a_situation_left_for_others_gives_the_same_decision(tmp_path: Path) -> None:
    items = [an_item(value, value, tries={"lorawan": 1}, burst_id="ab") for value in ValueClass]
    situation = the_situation(
        *items, links=(lorawan(), cellular(budgets=(data(),))), now_s=9.0, energy=joules(500)
    )
    path = tmp_path / "memory" / "queue.json"
    write_snapshot(path, Snapshot(NOON, situation))
    again = read_snapshot(path)
    assert again == Snapshot(NOON, situation)
    assert choose(again.situation) == choose(situation)
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(NoSnapshot):
        read_snapshot(tmp_path / "absent")


@given(st.floats(0, 1e6), st.integers(0, 3))
def test_every_situation_has_an_answer(now_s: float, links: int) -> None:
    chosen = (lorawan(), cellular(), lorawan(name="x", payload_bytes=0))[:links]
    items = tuple(an_item(value, value) for value in ValueClass)
    outcome = choose(Situation(now_s, items, chosen, joules(3.0)))
    assert len(outcome.table) == links * len(items)
