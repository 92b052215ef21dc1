"""One station of the fleet: the real queue, scheduler, ledger, records and sealed frames."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from edge.records import ItemKind
from edge.uplink.radio.duty import Ledger
from edge.uplink.schedule.airtime import airtime_budget, busy_s
from edge.uplink.schedule.candidates import FRAME_BYTES
from edge.uplink.schedule.choose import Decision, Wait, choose
from edge.uplink.schedule.energy import energy_budget
from edge.uplink.schedule.situation import Candidate, Form, LinkState, Situation, Tariff
from edge.uplink.schedule.state import SchedulerState
from edge.uplink.schedule.values import ValueClass
from edge.wire.air.channel import Sealer
from edge.wire.air.heartbeat import condensed_heartbeat, encode_radio_heartbeat
from edge.wire.air.moment import Uptime
from edge.wire.air.roster import Roster
from edge.wire.air.sighting import condensed, encode_radio_sighting
from tools.bench import radio_samples as samples
from tools.simulate.channel import LONGEST_FRAME_BYTES, Place
from tools.simulate.settings import DAY_S, Fleet, Traffic
from tools.simulate.sun import Store

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
LINK = "lorawan"
_ROSTER = Roster(samples.CATALOGUE)
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Happening:
    """Something before the lens, or the time for a heartbeat."""

    at_s: float
    value: ValueClass


@dataclass(slots=True)
class Story:
    """What became of one item. Seconds since the beginning; None: not yet."""

    number: int
    value: ValueClass
    at_s: float
    record: bytes
    candidate: Candidate
    received_s: float | None = None
    airtime_ms: float = 0.0
    joules: float = 0.0
    sent_bytes: int = 0
    transmissions: int = 0


class Counters:
    """Counters in blocks, as ``edge.spool.counters`` gives them out, but in memory: a power cut
    wastes the rest of a block."""

    def __init__(self, block: int) -> None:
        self._block = block
        self._next = self._end = 0

    def take(self) -> tuple[int, int]:
        if self._next == self._end:
            self._end += self._block
        self._next += 1
        return 0, self._next - 1

    def lose_power(self) -> None:
        self._next = self._end


@dataclass
class Station:
    """``happenings`` in order of time. What was sent and not answered waits in ``queue``."""

    fleet: Fleet
    place: Place
    store: Store
    sealer: Sealer
    counters: Counters
    happenings: list[Happening]
    queue: dict[bytes, Story] = field(default_factory=dict)
    told: list[Story] = field(default_factory=list)
    missed: int = 0
    next_one: int = 0

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.fleet.region, fair_use=self.fleet.fair_use)
        self.state = SchedulerState(0.0)
        self._switched_off = 0

    def live(self, now_s: float) -> Decision | float:
        """What it sends now, or until when it sleeps (``inf``: for good)."""
        self.store.advance(now_s)
        if self.store.switched_off != self._switched_off:
            self._switched_off = self.store.switched_off
            self.counters.lose_power()
        self._notice(now_s)
        next_s = self._next_happening()
        if not self.store.on:
            return min(next_s, (now_s // DAY_S + 1) * DAY_S)
        if not self.queue:
            return next_s
        outcome = choose(self._situation(now_s))
        if isinstance(outcome, Wait):
            wake_s = _NEVER if outcome.wake_in_s is None else now_s + max(1.0, outcome.wake_in_s)
            return min(wake_s, next_s)
        return outcome

    def transmit(self, decision: Decision, now_s: float) -> tuple[Story, bytes, float]:
        """Carry it out: the item, the sealed frame, its airtime in ms."""
        story = self.queue[decision.offer.candidate.item_id]
        frame = self.sealer.seal(story.record)
        airtime_ms = self.place.rate.airtime_ms(len(frame))
        now_ms = round(now_s * 1000)
        self.ledger.spend(airtime_ms, now_ms)  # raises NotNow: the regulation is never broken
        if story.transmissions:
            self.state.outcome(LINK, False)
        self.state.sent(decision, now_s, self.fleet.traffic.answer_s)
        if story.value is ValueClass.TELEMETRY:
            del self.queue[decision.offer.candidate.item_id]
        radio = self.fleet.radio
        joules = radio.transmit_w * airtime_ms / 1000 + radio.windows_j
        self.store.use(joules)
        story.airtime_ms += airtime_ms
        story.joules += joules
        story.sent_bytes += len(frame)
        story.transmissions += 1
        return story, frame, airtime_ms

    def answered(self, numbers: Iterable[int]) -> None:
        """Basecamp's acknowledgement came; it may tell of what is known already."""
        for number in numbers:
            if self.queue.pop(_item_id(number), None) is not None:
                self.state.outcome(LINK, True)
        self.state.tries.keep(self.queue)

    def _next_happening(self) -> float:
        if self.next_one == len(self.happenings):
            return _NEVER
        return self.happenings[self.next_one].at_s

    def _notice(self, now_s: float) -> None:
        while self._next_happening() <= now_s:
            happening = self.happenings[self.next_one]
            self.next_one += 1
            if self.store.on:
                self._queue(happening, len(self.told))
            elif happening.value is not ValueClass.TELEMETRY:
                self.missed += 1

    def _queue(self, happening: Happening, number: int) -> None:
        if happening.value is ValueClass.TELEMETRY:  # a new one takes the place of the last
            self.queue = {
                k: s for k, s in self.queue.items() if s.value is not ValueClass.TELEMETRY
            }
        record = encoded(happening, number)
        kind = ItemKind.HEARTBEAT if happening.value is ValueClass.TELEMETRY else ItemKind.SIGHTING
        item_id = _item_id(number)
        candidate = Candidate(
            item_id,
            kind,
            happening.value,
            happening.at_s,
            happening.at_s,
            {Form.RADIO: len(record)},
        )
        story = Story(number, happening.value, happening.at_s, record, candidate)
        self.queue[item_id] = story
        self.told.append(story)

    def _situation(self, now_s: float) -> Situation:
        now_ms = round(now_s * 1000)
        rate = self.place.rate
        budget = airtime_budget(
            self.ledger,
            self.fleet.region,
            now_ms,
            rate.airtime_ms(LONGEST_FRAME_BYTES),
            self.fleet.fair_use,
        )
        radio = self.fleet.radio
        link = LinkState(
            LINK,
            Form.RADIO,
            payload_bytes=rate.payload_bytes,
            tariff=Tariff(FRAME_BYTES, rate, radio.transmit_w, radio.windows_j),
            budgets=() if budget is None else (budget,),
            ready_in_s=busy_s(self.ledger, now_ms),
        )
        candidates = [self.state.tries.applied(story.candidate) for story in self.queue.values()]
        return Situation(
            now_s,
            tuple(candidates),
            (self.state.applied(link),),
            energy_budget(self.store.power()),
        )


def _item_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def encoded(happening: Happening, number: int) -> bytes:
    """The record that a station would send of it, with its own time."""
    moment = BEGIN + timedelta(seconds=happening.at_s)
    if happening.value is ValueClass.TELEMETRY:
        heartbeat = replace(samples.heartbeat(), sent_at=moment)
        uptime = Uptime(1, int(happening.at_s))
        return encode_radio_heartbeat(condensed_heartbeat(heartbeat, number, uptime))
    seen = samples.person() if happening.value is ValueClass.ALERT else samples.leopard()
    seen = replace(seen, captured_at=moment, burst_id=f"{number:032x}")
    roster = _ROSTER if happening.value is ValueClass.KNOWN_CAT else None
    return encode_radio_sighting(condensed(seen, number, roster))


def draw_happenings(chance: random.Random, traffic: Traffic, days: float) -> list[Happening]:
    """Poisson arrivals before the lens, and heartbeats from a random moment on."""
    until_s, found = days * DAY_S, []
    for rate, values in (
        (traffic.cats * traffic.known, ValueClass.KNOWN_CAT),
        (traffic.cats * (1 - traffic.known), ValueClass.NEW_CAT),
        (traffic.alerts, ValueClass.ALERT),
    ):
        at_s = chance.expovariate(rate / DAY_S) if rate else _NEVER
        while at_s < until_s:
            found.append(Happening(at_s, values))
            at_s += chance.expovariate(rate / DAY_S)
    at_s = chance.uniform(0, traffic.heartbeat_s)
    while at_s < until_s:
        found.append(Happening(at_s, ValueClass.TELEMETRY))
        at_s += traffic.heartbeat_s * chance.uniform(0.98, 1.02)
    return sorted(found, key=lambda happening: happening.at_s)
