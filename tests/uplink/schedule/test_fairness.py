"""Over time: every item has its turn, and no budget is ever exceeded.

A small world around the real scheduler: EU868's ledger and a data window, which both refuse what
they cannot give, and somebody who keeps queueing better things.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.uplink.radio.duty import Ledger
from edge.uplink.radio.regions_tables import EU868
from edge.uplink.schedule.airtime import airtime_budget, busy_s
from edge.uplink.schedule.choose import TURN_EVERY, Decision, choose
from edge.uplink.schedule.offers import Obstacle
from edge.uplink.schedule.situation import Candidate, Form, LinkState, Resource, Situation
from edge.uplink.schedule.state import SchedulerState
from edge.uplink.schedule.values import ValueClass
from edge.uplink.schedule.windows import Window
from tests.uplink.schedule.makers import (
    DR0,
    DR5,
    airtime,
    an_item,
    cellular,
    data,
    joules,
    lorawan,
    slow_lorawan,
)

HOUR_S, DAY_S = 3600.0, 86_400.0
DAILY_BYTES = 60_000.0
ANSWER_S = 60.0
BETTER = [ValueClass.ALERT, ValueClass.NEW_CAT, ValueClass.BEST_CROP, ValueClass.CROP]


@dataclass
class World:
    """A station with a radio and, where ``with_cellular``, a bearer with a daily budget."""

    seed: int
    slow: bool
    with_cellular: bool
    arrive: float = 0.5
    daily_bytes: float = DAILY_BYTES
    now_s: float = 0.0
    waiting: dict[bytes, Candidate] = field(default_factory=dict)
    on_air: list[tuple[float, float]] = field(default_factory=list)
    bytes_used: list[tuple[float, float]] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.ledger = Ledger(EU868)
        day = Window("data of the day", Resource.DATA, self.daily_bytes, DAY_S, reserve=7_000)
        self.state = SchedulerState(0.0, [day])

    def queue(self, item: Candidate) -> None:
        self.waiting[item.item_id] = item

    def step(self) -> Decision | None:
        """One decision, carried out; or time goes by until there may be one."""
        outcome = choose(self.situation())
        if isinstance(outcome, Decision):
            self._carry_out(outcome)
            self.decisions.append(outcome)
            return outcome
        self.now_s += outcome.wake_in_s if outcome.wake_in_s is not None else 600.0
        return None

    def situation(self) -> Situation:
        now_ms = round(self.now_s * 1000)
        link = slow_lorawan() if self.slow else lorawan()
        rate = DR0 if self.slow else DR5
        frame_ms = rate.airtime_ms(link.payload_bytes or 0)
        budget = airtime_budget(self.ledger, EU868, now_ms, frame_ms)
        assert budget is not None
        links = [replace(link, budgets=(budget,), ready_in_s=busy_s(self.ledger, now_ms))]
        if self.with_cellular:
            day = self.state.windows["data of the day"].budget(self.now_s)
            links.append(replace(cellular(payload_bytes=8_000), budgets=(day,)))
        items = tuple(map(self.state.tries.applied, self.waiting.values()))
        return Situation(self.now_s, items, tuple(map(self.state.applied, links)))

    def _carry_out(self, decision: Decision) -> None:
        offer = decision.offer
        airtime = [cost.amount for cost in offer.costs if cost.budget.name == "airtime"]
        for amount in airtime:
            self.ledger.spend(amount, round(self.now_s * 1000))  # raises NotNow
            self.on_air.append((self.now_s * 1000, amount))
        for cost in offer.costs:
            if cost.budget.resource is Resource.DATA:
                self.bytes_used.append((self.now_s, cost.amount))
        self.state.sent(decision, self.now_s, ANSWER_S)  # raises Overspent
        self._deliver(offer.candidate.item_id, offer.link, offer.portion_bytes)
        self.now_s += max(0.5, *(amount / 1000 for amount in airtime), 0.0)

    def _deliver(self, item_id: bytes, link: LinkState, portion: int) -> None:
        item = self.waiting[item_id]
        arrived = self.chance.random() < self.arrive
        left = item.sizes[link.form] - portion
        if arrived and left <= 0:
            del self.waiting[item_id]
            self.state.tries.keep(self.waiting)
        elif left > 0:
            self.waiting[item_id] = replace(item, sizes={**item.sizes, link.form: left})
        self.state.outcome(link.name, arrived)


def fits(item: Candidate, link: str, slow: bool) -> bool:
    if link == "cellular":
        return item.sizes.get(Form.MESSAGE) is not None
    return 0 < item.sizes.get(Form.RADIO, 0) <= (39 if slow else 10**9)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    slow=st.booleans(),
    with_cellular=st.booleans(),
    victim=st.sampled_from([c for c in ValueClass if c is not ValueClass.ALERT]),
    older=st.integers(0, 5),
    flood=st.sampled_from([BETTER, [ValueClass.ALERT]]),
    arrive=st.sampled_from([0.0, 0.4, 1.0]),
)
def test_every_item_that_fits_a_link_is_sent_within_a_bounded_number_of_transmissions(
    seed: int,
    slow: bool,
    with_cellular: bool,
    victim: ValueClass,
    older: int,
    flood: list[ValueClass],
    arrive: float,
) -> None:
    world = World(seed, slow, with_cellular, arrive, daily_bytes=3e6)
    the_one = an_item(0, victim, waiting_since_s=-1.0)
    links = ["lorawan", "cellular"] if with_cellular else ["lorawan"]
    open_to_it = [link for link in links if fits(the_one, link, slow)]
    assume(open_to_it)
    world.queue(the_one)
    for number in range(1, older + 1):
        world.queue(an_item(number, world.chance.choice(list(ValueClass)), waiting_since_s=-2.0))
    bound = (TURN_EVERY + len(links)) * (older + 1)
    by_link = dict.fromkeys(links, 0)
    for number in range(100, 2_000):
        while len(world.waiting) < 6 + older:  # always something better
            fresh = an_item(
                world.chance.getrandbits(64),
                world.chance.choice(flood),
                event_s=world.now_s,
                waiting_since_s=world.now_s,
            )
            world.queue(fresh)
        decision = world.step()
        if decision is None:
            continue
        if decision.offer.candidate.item_id == the_one.item_id:
            return
        by_link[decision.offer.link.name] += 1
        assert sum(by_link.values()) <= bound, (number, by_link)
    raise AssertionError(f"neither sent nor passed over: {by_link}")


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), slow=st.booleans(), arrive=st.sampled_from([0.0, 0.5, 1.0]))
def test_no_budget_is_ever_exceeded_and_the_reserve_is_left_to_alerts(
    seed: int, slow: bool, arrive: float
) -> None:
    world = World(seed, slow, with_cellular=True, arrive=arrive)
    classes = list(ValueClass)
    for number in range(120):
        if world.chance.random() < 0.7:
            value = world.chance.choice(classes)
            world.queue(an_item(number, value, event_s=world.now_s, waiting_since_s=world.now_s))
        decision = world.step()
        if decision is not None and not decision.offer.is_alert and not decision.turn:
            for cost in decision.offer.costs:
                assert cost.budget.left - cost.amount >= cost.budget.reserve - 1e-6
    for start, airtime_ms in world.on_air:
        end = start + airtime_ms
        within = sum(
            min(e, end) - max(s, end - HOUR_S * 1000)
            for s, a in world.on_air
            if (e := s + a) > end - HOUR_S * 1000 and s < end
        )
        assert within <= 36_000 + 1
    assert world.on_air


def test_the_same_world_takes_the_same_decisions() -> None:
    def story(seed: int) -> list[tuple[bytes, str, int]]:
        world = World(seed, slow=False, with_cellular=True)
        for number in range(120):
            world.queue(an_item(number, world.chance.choice(list(ValueClass))))
            world.step()
        return [
            (d.offer.candidate.item_id, d.offer.link.name, d.offer.portion_bytes)
            for d in world.decisions
        ]

    assert story(7) == story(7)
    assert story(7) != story(8)


@pytest.mark.parametrize("left", [0.0, 10.0])
def test_a_turn_that_lacks_energy_goes_to_the_next(left: float) -> None:
    """Waiting brings no sun: a crop for which there is no energy holds nobody up."""
    dear = an_item(1, ValueClass.UNJUDGED, waiting_since_s=0.0)
    cheap = an_item(2, ValueClass.TELEMETRY, waiting_since_s=1.0)
    better = an_item(3, ValueClass.NEW_CAT, waiting_since_s=2.0)
    link = cellular(since_turn=TURN_EVERY - 1)
    radio = lorawan(since_turn=TURN_EVERY - 1)
    outcome = choose(Situation(5.0, (dear, cheap, better), (link, radio), joules(left)))
    if left:
        assert isinstance(outcome, Decision)
        assert (outcome.offer.candidate, outcome.turn) == (cheap, True)
    else:
        assert not isinstance(outcome, Decision)


def test_a_turn_that_lacks_the_days_data_holds_nobody_up_and_is_first_on_the_next_day() -> None:
    dear = an_item(1, ValueClass.UNJUDGED, waiting_since_s=0.0)
    better = an_item(2, ValueClass.NEW_CAT, waiting_since_s=1.0)
    due = cellular(since_turn=TURN_EVERY)

    def next_with(left: float) -> Candidate:
        link = replace(due, budgets=(data(left=left, reserve=0.0),))
        outcome = choose(Situation(5.0, (dear, better), (link,)))
        assert isinstance(outcome, Decision)
        return outcome.offer.candidate

    assert next_with(left=10_000) is better
    assert next_with(left=1_000_000) is dear


def test_a_turn_that_lacks_airtime_has_it_saved_by_all_but_what_leaves_it_alone() -> None:
    first = an_item(1, ValueClass.BEST_CROP, waiting_since_s=0.0)
    beat = an_item(2, ValueClass.TELEMETRY, waiting_since_s=1.0)
    alert = an_item(3, ValueClass.ALERT, waiting_since_s=2.0)
    crop_ms, beat_ms = DR5.airtime_ms(242), DR5.airtime_ms(51)
    left = 6_000 + (crop_ms + beat_ms) / 2  # enough for the one, not for the other
    link = lorawan(since_turn=TURN_EVERY, budgets=(airtime(left),))
    waits = choose(Situation(5.0, (first, beat), (link,)))
    assert {offer.obstacle for offer in waits.table} == {Obstacle.BUDGET, Obstacle.SAVING}
    goes = choose(Situation(5.0, (first, beat, alert), (link,)))
    assert isinstance(goes, Decision) and goes.offer.candidate is alert


def test_a_link_that_alone_carries_an_item_is_used_beside_a_busier_one() -> None:
    """Alerts go by radio, where they cost less; the file that only cellular carries goes too."""
    world = World(1, slow=False, with_cellular=True, arrive=0.0, daily_bytes=3e6)
    world.queue(an_item(0, ValueClass.UNJUDGED))
    for number in range(1, 40):
        world.queue(an_item(number, ValueClass.ALERT))
    for _ in range(2 * TURN_EVERY):
        world.step()
    assert {decision.offer.link.name for decision in world.decisions} == {"lorawan", "cellular"}
