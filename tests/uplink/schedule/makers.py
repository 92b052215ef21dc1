"""Items and links as the stages would make them, at the sizes that items have on the wire."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from edge.records import ItemKind
from edge.uplink.radio.regions_tables import EU868
from edge.uplink.schedule.situation import (
    Budget,
    Candidate,
    Form,
    LinkState,
    Resource,
    Situation,
    Tariff,
)
from edge.uplink.schedule.values import ValueClass

DR0, DR5 = EU868.data_rate(0), EU868.data_rate(5)
KINDS = {
    ValueClass.BEST_CROP: ItemKind.CROP,
    ValueClass.CROP: ItemKind.CROP,
    ValueClass.TELEMETRY: ItemKind.HEARTBEAT,
    ValueClass.UNJUDGED: ItemKind.EVIDENCE,
    ValueClass.AUDIT: ItemKind.EVIDENCE,
}
RADIO_BYTES = {ItemKind.SIGHTING: 39, ItemKind.HEARTBEAT: 39, ItemKind.CROP: 2_200}
MESSAGE_BYTES = {
    ItemKind.SIGHTING: 561,
    ItemKind.HEARTBEAT: 242,
    ItemKind.CROP: 4_178,
    ItemKind.EVIDENCE: 5_000_000,
}


def an_item(number: int, value: ValueClass = ValueClass.NEW_CAT, **changes: Any) -> Candidate:
    """Item ``number``, of a usual size; a record that basecamp has in short has no radio form."""
    kind = KINDS.get(value, ItemKind.SIGHTING)
    sizes = {Form.MESSAGE: MESSAGE_BYTES[kind]}
    if kind in RADIO_BYTES and value is not ValueClass.RECORD:
        sizes[Form.RADIO] = RADIO_BYTES[kind]
    name = hashlib.md5(str(number).encode()).digest()
    return replace(Candidate(name, kind, value, 0.0, 0.0, sizes), **changes)


def airtime(left_ms: float = 36_000, reserve: float = 6_000, refill_in_s: float = 60) -> Budget:
    return Budget("airtime", Resource.AIRTIME, 36_000, left_ms, 3600, reserve, True, refill_in_s)


def data(left: float = 1_000_000, limit: float = 1_000_000, reserve: float = 10_000) -> Budget:
    return Budget("data of the day", Resource.DATA, limit, left, 86_400, reserve, False, 3600)


def joules(left: float, reserve: float = 0.0) -> Budget:
    return Budget("energy", Resource.ENERGY, 20_000, left, 86_400, reserve, False, 7200)


def lorawan(**changes: Any) -> LinkState:
    """EU868 at DR5; 12 bytes of frame."""
    link = LinkState(
        "lorawan",
        Form.RADIO,
        242,
        True,
        ValueClass.TELEMETRY,
        Tariff(overhead_bytes=12, rate=DR5, watts_on_air=0.4, joules=0.2),
        (airtime(),),
    )
    return replace(link, **changes)


def slow_lorawan(**changes: Any) -> LinkState:
    """EU868 at DR0, too slow for crops."""
    tariff = Tariff(overhead_bytes=12, rate=DR0, watts_on_air=0.4, joules=0.2)
    return lorawan(payload_bytes=51, splits=False, tariff=tariff, **changes)


def cellular(**changes: Any) -> LinkState:
    link = LinkState(
        "cellular",
        Form.MESSAGE,
        16_384,
        True,
        tariff=Tariff(60, joules_per_byte=0.0002, session_joules=120.0, session_bytes=6_000),
        budgets=(data(),),
    )
    return replace(link, **changes)


def wifi(**changes: Any) -> LinkState:
    return replace(LinkState("wifi", Form.MESSAGE), **changes)


def the_situation(
    *items: Candidate,
    links: tuple[LinkState, ...],
    now_s: float = 0.0,
    energy: Budget | None = None,
) -> Situation:
    return Situation(now_s, items, links, energy)
