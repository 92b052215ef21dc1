"""When a session begins, what it may spend, and how long the modem rests: over real servers."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.records import ClockQuality, ItemKind
from edge.spool.items import OutboxItem, Priority
from edge.spool.spool import Spool
from edge.uplink.broker import Credentials
from edge.uplink.cellular.budget import CONNECT_BYTES, DataBudget, DataLimits, on_the_network
from edge.uplink.cellular.durable import StateUnwritable
from edge.uplink.cellular.errors import BearerError, BearerFault
from edge.uplink.cellular.flush import SessionTerms
from edge.uplink.cellular.ledger_clock import Reading
from edge.uplink.cellular.outgoing import Outgoing
from edge.uplink.cellular.pauses import FIRST_REST_S, LASTING_REST_S, MOST_REST_S, Pauses
from edge.uplink.cellular.session import CellularSession
from edge.uplink.cellular.stage import ALARM, VISIT_S, CellularStage, CellularTerms
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.mqtt_link import MqttLink
from edge.uplink.schedule.situation import LinkState
from edge.uplink.schedule.values import DAY_S, ValueClass
from edge.wire.sealing import Identity
from tests.basecamp import samples
from tests.basecamp.field import Broker
from tests.kit.camp import Camp
from tests.kit.station import Notes
from tests.spool.makers import a_burst, a_target, burst_id
from tests.uplink.cellular.field import Switch

EVERY_S = 7200.0
NO_LIMITS = DataLimits()


class Clock:
    """All clocks of the station, in the test's hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def passes(self, seconds: float) -> None:
        self.now_s += seconds

    def reading(self) -> Reading:
        return Reading(1_900_000_000 + self.now_s, ClockQuality.NTP, self.now_s, "run")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_stage(
    spool: Spool,
    identity: Identity,
    broker: Broker,
    switch: Switch,
    notes: Notes,
    clock: Clock,
    data_file: Path,
) -> Callable[..., CellularStage]:
    """``make_stage(limits, acknowledge_s)``: everything is published."""

    def make(limits: DataLimits = NO_LIMITS, acknowledge_s: float = 20.0) -> CellularStage:
        def link() -> MqttLink:
            return MqttLink(
                broker.address, Credentials(), "ridge-2", identity.basecamp, notes.link, 0.2
            )

        budget = DataBudget(data_file, limits, clock.reading)
        dispatcher = Dispatcher(spool.queue, spool.keepsake("schedule"), now=clock)
        outgoing = Outgoing(spool, identity, dispatcher, notes, acknowledge_s)
        terms = SessionTerms(connect_s=5.0, acknowledge_s=acknowledge_s, pause_s=0.05)
        session = CellularSession(outgoing, identity, switch, link, None, budget, terms, notes)
        return CellularStage(
            session,
            outgoing,
            budget,
            dispatcher,
            spool.ledger,
            notes,
            CellularTerms(EVERY_S, has_modem=True, has_uploads=False, limits=limits),
            Pauses(spool.keepsake("pauses"), clock.reading, clock, random.Random(1)),
            now=clock,
        )

    return make


Queue = Callable[..., OutboxItem]


@pytest.fixture
def queue(spool: Spool, identity: Identity) -> Queue:
    """``queue(number, priority)``: a sighting that waits, which basecamp can read."""

    def put(number: int, priority: Priority = Priority.SIGHTING, known: bool = False) -> OutboxItem:
        spool.admit(a_burst(number))
        message = samples.sighting_message(samples.sighting(number))
        sealed = identity.seal(message.item_id, ItemKind.SIGHTING, message.payload)
        item = OutboxItem(
            message.item_id, ItemKind.SIGHTING, priority, burst_id(number), sealed, known
        )
        spool.settle(a_target(number, item))
        return item

    return put


def sessions(switch: Switch) -> int:
    return switch.switched.count("up")


def look(stage: CellularStage, clock: Clock) -> bool:
    """The stage's next look at the queue."""
    clock.passes(2.0)
    return stage.step()


def test_nothing_to_send_switches_no_modem(
    make_stage: Callable[..., CellularStage], clock: Clock, switch: Switch
) -> None:
    stage = make_stage()
    assert not look(stage, clock)
    assert not look(stage, clock)
    assert switch.switched == ["down"]


def test_what_a_session_costs_is_paid_once_and_is_told_before(
    make_stage: Callable[..., CellularStage],
    clock: Clock,
    camp: Camp,
    broker: Broker,
    spool: Spool,
    switch: Switch,
    queue: Queue,
    notes: Notes,
) -> None:
    seen: list[LinkState] = []
    stage = make_stage()
    before = stage.link()
    assert before.tariff.session_joules > 0
    assert before.tariff.session_bytes == on_the_network(CONNECT_BYTES)
    for number in (1, 2, 3):
        queue(number)
    notes.sent = lambda kind, burst_id, size_bytes: seen.append(stage.link())  # type: ignore[method-assign]
    with camp.serving(broker):
        assert look(stage, clock)
    assert len(camp.sightings("ridge-2")) == 3
    assert spool.outbox.is_empty()
    assert sessions(switch) == 1
    assert {link.tariff.session_joules for link in seen} == {0.0}
    assert stage.counters()["data-day-bytes"] > on_the_network(CONNECT_BYTES)


def test_after_a_session_the_least_urgent_waits_longest_and_an_alert_not_at_all(
    make_stage: Callable[..., CellularStage],
    clock: Clock,
    camp: Camp,
    broker: Broker,
    switch: Switch,
    queue: Queue,
) -> None:
    stage = make_stage()
    with camp.serving(broker):
        queue(1)
        look(stage, clock)
        queue(2, known=True)
        queue(3)
        assert not look(stage, clock)
        assert stage.link().takes is ValueClass.ALERT
        queue(4, Priority.ALERT)
        assert look(stage, clock)
        assert sessions(switch) == 2
        # It took along what had to wait.
        assert len(camp.sightings("ridge-2")) == 4
        queue(5, known=True)
        clock.passes(VISIT_S)
        assert not look(stage, clock)
        assert stage.link().takes is ValueClass.NEW_CAT
        queue(6)
        assert look(stage, clock)
        queue(7, known=True)
        clock.passes(EVERY_S)
        assert look(stage, clock)
    assert sessions(switch) == 4
    assert len(camp.sightings("ridge-2")) == 7


def test_a_start_is_no_reason_for_a_session(
    make_stage: Callable[..., CellularStage],
    clock: Clock,
    camp: Camp,
    broker: Broker,
    switch: Switch,
    queue: Queue,
) -> None:
    with camp.serving(broker):
        queue(1)
        look(make_stage(), clock)
        queue(2, known=True)
        for _ in range(3):
            assert not look(make_stage(), clock)
        assert sessions(switch) == 1
        clock.passes(EVERY_S)
        assert look(make_stage(), clock)


def test_a_card_too_full_for_the_ledger_is_made_room_on(
    make_stage: Callable[..., CellularStage],
    clock: Clock,
    switch: Switch,
    queue: Queue,
    data_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rescues: list[Outgoing] = []
    monkeypatch.setattr(Outgoing, "make_room", lambda outgoing: rescues.append(outgoing))
    stage = make_stage(DataLimits(day_bytes=500_000))
    queue(1, Priority.ALERT)
    data_file.with_name(f"{data_file.name}.new").mkdir()  # nothing can be written there
    with pytest.raises(StateUnwritable):
        look(stage, clock)
    assert len(rescues) == 1
    assert switch.switched[-2:] == ["up", "down"]


def test_a_modem_that_stayed_on_is_switched_off_until_it_is(
    make_stage: Callable[..., CellularStage], clock: Clock, switch: Switch
) -> None:
    stage = make_stage()
    switch.obeys = False
    look(stage, clock)
    look(stage, clock)
    assert switch.switched == ["down"]
    switch.obeys = True
    for _ in range(3):
        clock.passes(600.0)
        look(stage, clock)
    assert switch.switched == ["down", "down"]


def test_a_modem_that_finds_no_network_rests_ever_longer(
    make_stage: Callable[..., CellularStage], clock: Clock, switch: Switch, queue: Queue
) -> None:
    stage = make_stage()
    queue(1, Priority.ALERT)
    switch.fault = BearerError(BearerFault.NO_NETWORK, "no network")
    rests = []
    for _ in range(10):
        with pytest.raises(BearerError):
            look(stage, clock)
        assert "no network" in (stage.link().down or "")
        began_s = clock()
        while stage.link().down is not None:
            clock.passes(60.0)
        rests.append(clock() - began_s)
        assert not stage.link().ready_in_s
    assert FIRST_REST_S * 0.75 <= rests[0] <= FIRST_REST_S + 60
    assert rests[-1] > 0.75 * MOST_REST_S
    assert max(rests) <= MOST_REST_S + 60


def test_a_modem_that_stays_missing_is_an_alarm_and_one_without_a_network_is_none(
    make_stage: Callable[..., CellularStage],
    clock: Clock,
    spool: Spool,
    switch: Switch,
    queue: Queue,
) -> None:
    stage = make_stage()
    queue(1, Priority.ALERT)

    def fails(fault: BearerFault) -> set[str]:
        switch.fault = BearerError(fault, str(fault))
        while stage.link().down is not None:
            clock.passes(60.0)
        with pytest.raises(BearerError):
            look(stage, clock)
        return set(spool.ledger.alarms())

    assert fails(BearerFault.NO_MODEM) == set(), "it may be starting"
    assert fails(BearerFault.NO_MODEM) == {"no-modem"}
    assert fails(BearerFault.NO_SERVICE) == {"no-modem"}, "that tells nothing of the modem"
    assert fails(BearerFault.NO_NETWORK) == set()
    assert fails(BearerFault.NO_NETWORK) == set()


def test_what_a_person_must_mend_is_looked_at_seldom(
    make_stage: Callable[..., CellularStage], clock: Clock, switch: Switch, queue: Queue
) -> None:
    stage = make_stage()
    queue(1)
    switch.fault = BearerError(BearerFault.SIM_LOCKED, "no PIN", lasting=True)
    with pytest.raises(BearerError):
        look(stage, clock)
    clock.passes(LASTING_REST_S - 10)
    assert not look(stage, clock)
    switch.fault = None
    clock.passes(10)
    assert stage.link().down is None


def test_a_broker_that_is_not_there_is_not_asked_again_and_again(
    make_stage: Callable[..., CellularStage],
    clock: Clock,
    broker: Broker,
    switch: Switch,
    queue: Queue,
) -> None:
    stage = make_stage()
    queue(1, Priority.ALERT)
    broker.kill()
    for _ in range(5):
        look(stage, clock)
    assert sessions(switch) == 1
    assert "no broker" in (stage.link().down or "")


def test_what_basecamp_left_unanswered_goes_in_the_next_session_and_begins_none_at_once(
    make_stage: Callable[..., CellularStage],
    clock: Clock,
    camp: Camp,
    broker: Broker,
    spool: Spool,
    switch: Switch,
    queue: Queue,
    notes: Notes,
) -> None:
    stage = make_stage(acknowledge_s=0.5)
    queue(1, Priority.ALERT)
    look(stage, clock)  # nobody listens there
    assert notes.sends == [ItemKind.SIGHTING]
    assert not look(stage, clock)
    clock.passes(FIRST_REST_S)
    with camp.serving(broker):
        assert look(stage, clock)
    assert spool.outbox.is_empty()
    assert len(camp.sightings("ridge-2")) == 1


def test_a_spent_budget_leaves_the_way_to_alerts_and_is_an_alarm_until_the_day_turns(
    make_stage: Callable[..., CellularStage],
    clock: Clock,
    camp: Camp,
    broker: Broker,
    spool: Spool,
    switch: Switch,
    queue: Queue,
) -> None:
    limits = DataLimits(day_bytes=90_000)
    stage = make_stage(limits)
    switch.counts = limits.day_bytes - limits.day_reserve_bytes
    with camp.serving(broker):
        queue(1)
        assert not look(stage, clock)
        switch.counts = None
        clock.passes(EVERY_S)
        assert not look(stage, clock)
        assert ALARM in spool.ledger.alarms()
        queue(2, Priority.ALERT)
        assert look(stage, clock)
        assert [one.burst_id for one in camp.sightings("ridge-2")] == [samples.sighting(2).burst_id]
        assert stage.counters()["data-day-bytes"] <= limits.day_bytes
        clock.passes(DAY_S)
        assert look(stage, clock)
    assert ALARM not in spool.ledger.alarms()
    assert spool.outbox.is_empty()


def test_other_links_get_everything_while_the_modem_looks_for_its_network(
    make_stage: Callable[..., CellularStage],
    clock: Clock,
    camp: Camp,
    broker: Broker,
    switch: Switch,
    queue: Queue,
) -> None:
    stage = make_stage()
    queue(1, Priority.ALERT)
    meanwhile: list[LinkState] = []
    held: list[set[bytes]] = []
    come_up = switch.up

    def up() -> None:
        meanwhile.append(stage.link())
        held.append(stage._dispatcher.under_way())
        come_up()

    switch.up = up  # type: ignore[method-assign]
    with camp.serving(broker):
        look(stage, clock)
    assert meanwhile[0].ready_in_s > 0
    assert held == [set()]
