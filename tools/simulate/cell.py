"""All stations of one gateway, from event to event in the order of time."""

from __future__ import annotations

import heapq
import math
import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from edge.security.keys import BasecampKey, StationKey
from edge.security.radio_key import RadioKeys
from edge.spool.counters import BLOCK
from edge.uplink.schedule.choose import Decision
from edge.wire.air.channel import Sealer, open_up
from edge.wire.air.window import Seen
from tools.simulate.answers import Answers, answer_bytes
from tools.simulate.audit import (
    GATEWAY,
    Emission,
    audit_bands,
    audit_station,
    merged,
    most_in_any_day,
)
from tools.simulate.channel import (
    Air,
    Transmission,
    channels_of,
    draw_hops,
    draw_outages,
    draw_place,
    usable_rates,
)
from tools.simulate.gateway import Gateway
from tools.simulate.settings import Fleet
from tools.simulate.station import Counters, Station, Story, draw_happenings
from tools.simulate.sun import Store, draw_harvest, draw_snowfalls
from tools.simulate.tally import Outcome, Tally

_WINDOWS_S = 2.5
"""Until both receive windows of a class A uplink are over, where nothing comes in them."""
_TAIL_S = 2 * 86_400.0
"""What happened on the last day has time to arrive."""


@dataclass(slots=True)
class _Flight:
    """A frame on its way to the gateway."""

    sent: Transmission
    story: Story
    frame: bytes


class Basecamp:
    """The receiving end's view of one station: keys, replay window, answers; and what was on the
    air between the two, for the audit."""

    def __init__(self, keys: RadioKeys, answers: Answers, hop: Callable[[], int]) -> None:
        self.keys, self.answers, self.hop = keys, answers, hop
        self.seen = Seen()
        self.sent: list[Transmission] = []
        self.answered_s: list[float] = []


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
        self._gateway = Gateway(fleet.region)
        self._ends: list[Basecamp] = []
        self.stations = self._make(stations)

    @property
    def sent(self) -> list[list[Transmission]]:
        """What each station had on the air, in order."""
        return [end.sent for end in self._ends]

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
                heapq.heappush(events, (self._landed(index, flight), index, None))
                continue
            now_s = math.ceil(now_s * 1000) / 1000  # a station's clock counts milliseconds
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
            answers = Answers(fleet.traffic.quick_answers, fleet.answers_a_day)
            self._ends.append(Basecamp(keys, answers, draw_hops(chance, fleet.region)))
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
        station, end = self.stations[index], self._ends[index]
        story, frame, airtime_ms = station.transmit(decision, now_s)
        sent = Transmission(
            now_s,
            now_s + airtime_ms / 1000,
            end.hop(),
            station.place.rate.spreading_factor,
        )
        self._air.begin(sent)
        end.sent.append(sent)
        self.tally.transmissions += 1
        return _Flight(sent, story, frame)

    def _landed(self, index: int, flight: _Flight) -> float:
        """The frame's end: was it heard, and does an answer come? When the modem is done."""
        tally, sent = self.tally, flight.sent
        if sent.collided:
            tally.collided += 1
        elif self._is_away(sent.start_s):
            tally.gateway_away += 1
        elif self._gateway.speaks(sent.start_s, sent.end_s):
            tally.unheard += 1
        elif self._fades(self.stations[index]):
            tally.faded += 1
        else:
            self._receive(index, flight)
            return self._answer(index, flight)
        return sent.end_s + _WINDOWS_S

    def _receive(self, index: int, flight: _Flight) -> None:
        end = self._ends[index]
        opened = open_up(flight.frame, end.keys, end.seen)
        end.seen = opened.seen
        self.tally.received += 1
        if flight.story.received_s is not None:
            self.tally.duplicates += 1
            return
        assert opened.content == flight.story.record
        flight.story.received_s = flight.sent.end_s

    def _answer(self, index: int, flight: _Flight) -> float:
        """What basecamp has to say goes out, if the gateway may, and comes in, if it is heard."""
        station, end, tally = self.stations[index], self._ends[index], self.tally
        numbers = end.answers.heard(flight.story.number, flight.sent.end_s)
        if not numbers:
            return flight.sent.end_s + _WINDOWS_S
        told = self._gateway.say(answer_bytes(numbers), flight.sent, station.place.rate)
        if told is None:
            tally.unsaid += 1
            return flight.sent.end_s + _WINDOWS_S
        tally.answers += 1
        end.answers.said(flight.sent.end_s)
        end.answered_s.append(told.start_s)
        if not self._fades(station):
            station.answered(numbers)
        return told.end_s

    def _fades(self, station: Station) -> bool:
        return self._fleet.radio.fading and self._chance.random() >= station.place.chance

    def _is_away(self, now_s: float) -> bool:
        place = bisect_right(self._outages, (now_s, math.inf)) - 1
        return place >= 0 and now_s < self._outages[place][1]

    def _sum_up(self) -> None:
        tally, region = self.tally, self._fleet.region
        tally.limits = audit_bands(region, sorted(self._gateway.said), GATEWAY)
        for station, end in zip(self.stations, self._ends, strict=True):
            tally.missed += station.missed
            tally.switched_off += station.store.switched_off
            if station.store.first_off_s is not None:
                tally.first_off_s.append(station.store.first_off_s)
            emissions = [
                Emission(one.start_s, one.end_s, region.channels_hz[one.channel])
                for one in end.sent
            ]
            found = audit_station(region, emissions, self._fleet.fair_use)
            tally.limits = merged(tally.limits, found)
            day = most_in_any_day(end.answered_s)
            tally.most_answers_a_day = max(tally.most_answers_a_day, day)
            tally.outcomes += [_outcome(station, story) for story in station.told]


def _outcome(station: Station, story: Story) -> Outcome:
    latency_s = None if story.received_s is None else story.received_s - story.at_s
    return Outcome(
        story.value,
        station.place.rate.index,
        story.at_s,
        latency_s,
        story.airtime_ms,
        story.joules,
        story.sent_bytes,
        story.transmissions,
    )
