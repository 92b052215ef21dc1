"""How long the modem rests where a session came to nothing, and what a person hears of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.records import ItemKind
from edge.spool.items import Priority
from edge.spool.spool import Spool
from edge.uplink.cellular.errors import BearerError, BearerFault
from edge.uplink.cellular.pauses import FIRST_REST_S, LASTING_REST_S, MOST_REST_S
from edge.uplink.cellular.stage import CellularStage
from tests.basecamp.field import Broker
from tests.kit.camp import Camp
from tests.kit.station import Notes
from tests.uplink.cellular.field import Switch
from tests.uplink.cellular.staged import (
    Clock,
    Queue,
    look,
    sessions,
)


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
