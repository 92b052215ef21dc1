"""A cellular stage before a real broker, and the clocks and the queue that a test has in hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.records import ClockQuality, ItemKind
from edge.spool.items import OutboxItem, Priority
from edge.spool.spool import Spool
from edge.uplink.broker import Credentials
from edge.uplink.cellular.budget import DataBudget, DataLimits
from edge.uplink.cellular.flush import SessionTerms
from edge.uplink.cellular.ledger_clock import Reading
from edge.uplink.cellular.outgoing import Outgoing
from edge.uplink.cellular.pauses import Pauses
from edge.uplink.cellular.session import CellularSession
from edge.uplink.cellular.stage import CellularStage, CellularTerms
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.mqtt_link import MqttLink
from edge.wire.sealing import Identity
from tests.basecamp import samples
from tests.basecamp.field import Broker
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
