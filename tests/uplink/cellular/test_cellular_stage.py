"""When a session begins, and what it may spend: over real servers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.spool.items import Priority
from edge.spool.spool import Spool
from edge.uplink.cellular.budget import CONNECT_BYTES, DataLimits, on_the_network
from edge.uplink.cellular.durable import StateUnwritable
from edge.uplink.cellular.outgoing import Outgoing
from edge.uplink.cellular.stage import ALARM, VISIT_S, CellularStage
from edge.uplink.schedule.situation import LinkState
from edge.uplink.schedule.values import DAY_S, ValueClass
from tests.basecamp import samples
from tests.basecamp.field import Broker
from tests.kit.camp import Camp
from tests.kit.station import Notes
from tests.uplink.cellular.field import Switch
from tests.uplink.cellular.staged import (
    EVERY_S,
    Clock,
    Queue,
    look,
    sessions,
)


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
