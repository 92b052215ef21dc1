"""All stations of one gateway, from event to event in the order of time."""

from __future__ import annotations

import heapq
import math
import random
from bisect import bisect_right
from dataclasses import dataclass, field

from edge.security.keys import BasecampKey, StationKey
from edge.security.radio_key import RadioKeys
from edge.spool.counters import BLOCK
from edge.uplink.schedule.choose import Decision
from edge.uplink.schedule.values import ValueClass
from edge.wire.air.channel import Sealer, open_up
from edge.wire.air.window import Seen
from tools.simulate.channel import (
    Air,
    Transmission,
    channels_of,
    draw_outages,
    draw_place,
    usable_rates,
)
from tools.simulate.settings import Fleet
from tools.simulate.station import Counters, Station, Story, draw_happenings
from tools.simulate.sun import Store, draw_harvest, draw_snowfalls

_WINDOWS_S = 2.5
"""Until both receive windows of a class A uplink are over."""
_TAIL_S = 2 * 86_400.0
"""What happened on the last day has time to arrive."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item, for the summary. ``latency_s`` is None where it never arrived."""

    value: ValueClass
    data_rate: int
    at_s: float
    latency_s: float | None
    airtime_ms: float
    joules: float
    sent_bytes: int
    transmissions: int


@dataclass
class Tally:
    """One gateway's share of the numbers."""

    outcomes: list[Outcome] = field(default_factory=list)
    transmissions: int = 0
    collided: int = 0
    faded: int = 0
    gateway_away: int = 0
    received: int = 0
    duplicates: int = 0
    missed: int = 0
    switched_off: int = 0
    most_airtime_share: float = 0.0
    """The most of its allowed airtime that any station used in any hour."""


@dataclass(slots=True)
class _Flight:
    """A frame on its way to the gateway."""

    sent: Transmission
    story: Story
    frame: bytes


class Cell:
    """One gateway. The receiving end opens every frame as basecamp does."""

    def __init__(self, fleet: Fleet, number: int, stations: int) -> None:
        self._fleet = fleet
        self._chance = random.Random(f"{fleet.seed} {number}")
        self._channels = channels_of(fleet.region)
        self._air = Air()
        self.tally = Tally()
        self._until_s = fleet.days * 86_400 + _TAIL_S
        self._outages = draw_outages(self._chance, fleet.radio, self._until_s)
        self._keys: list[RadioKeys] = []
        self._seen = [Seen()] * stations
        self.stations = self._make(stations)

    def run(self) -> Tally:
        """Live through all days."""
        events: list[tuple[float, int, _Flight | None]] = [
            (0.0, index, None) for index in range(len(self.stations))
        ]
        heapq.heapify(events)
        while events:
            now_s, index, flight = heapq.heappop(events)
            if now_s > self._until_s:
                break
            if flight is not None:
                self._landed(index, flight)
                heapq.heappush(events, (now_s + _WINDOWS_S, index, None))
                continue
            outcome = self.stations[index].live(now_s)
            if isinstance(outcome, Decision):
                flight = self._launched(index, outcome, now_s)
                heapq.heappush(events, (flight.sent.end_s, index, flight))
            elif math.isfinite(outcome):
                heapq.heappush(events, (outcome, index, None))
        self._sum_up()
        return self.tally

    def _make(self, count: int) -> list[Station]:
        fleet, chance = self._fleet, self._chance
        rates, days = usable_rates(fleet.region), math.ceil(self._until_s / 86_400)
        snowfalls = draw_snowfalls(chance, fleet.weather, days)
        basecamp = BasecampKey.generate()
        made = []
        for index in range(count):
            keys = RadioKeys.of_station(f"s{index}", StationKey.generate(), basecamp.token)
            self._keys.append(keys)
            counters = Counters(BLOCK)
            store = Store(fleet.battery, draw_harvest(chance, fleet.weather, snowfalls))
            made.append(
                Station(
                    fleet,
                    draw_place(chance, fleet.radio, rates),
                    store,
                    Sealer(keys, counters),
                    counters,
                    draw_happenings(chance, fleet.traffic, fleet.days),
                )
            )
        return made

    def _launched(self, index: int, decision: Decision, now_s: float) -> _Flight:
        station = self.stations[index]
        story, frame, airtime_ms = station.transmit(decision, now_s)
        sent = Transmission(
            now_s,
            now_s + airtime_ms / 1000,
            self._chance.randrange(self._channels),
            station.place.rate.spreading_factor,
        )
        self._air.begin(sent)
        self.tally.transmissions += 1
        hourly_ms = station.hourly_ms
        if hourly_ms:
            used = 1 - (station.ledger.left_ms(round(now_s * 1000)) or 0) / hourly_ms
            self.tally.most_airtime_share = max(self.tally.most_airtime_share, used)
        return _Flight(sent, story, frame)

    def _landed(self, index: int, flight: _Flight) -> None:
        """The frame's end: was it heard, and did the answer come back?"""
        station, tally = self.stations[index], self.tally
        if flight.sent.collided:
            tally.collided += 1
        elif self._is_away(flight.sent.start_s):
            tally.gateway_away += 1
        elif self._fades(station):
            tally.faded += 1
        else:
            self._receive(index, flight)
            if not self._fades(station):
                station.answered([flight.story.candidate.item_id])
                return
        station.unanswered()

    def _receive(self, index: int, flight: _Flight) -> None:
        opened = open_up(flight.frame, self._keys[index], self._seen[index])
        self._seen[index] = opened.seen
        self.tally.received += 1
        if flight.story.received_s is not None:
            self.tally.duplicates += 1
            return
        assert opened.content == flight.story.record
        flight.story.received_s = flight.sent.end_s

    def _fades(self, station: Station) -> bool:
        return self._fleet.radio.fading and self._chance.random() >= station.place.chance

    def _is_away(self, now_s: float) -> bool:
        place = bisect_right(self._outages, (now_s, math.inf)) - 1
        return place >= 0 and now_s < self._outages[place][1]

    def _sum_up(self) -> None:
        for station in self.stations:
            self.tally.missed += station.missed
            self.tally.switched_off += station.store.switched_off
            for story in station.told:
                latency = None if story.received_s is None else story.received_s - story.at_s
                self.tally.outcomes.append(
                    Outcome(
                        story.value,
                        station.place.rate.index,
                        story.at_s,
                        latency,
                        story.airtime_ms,
                        story.joules,
                        story.sent_bytes,
                        story.transmissions,
                    )
                )
