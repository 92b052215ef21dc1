"""Weeks of a busy station in each region: the air stays below the law in every hour.

Counted from what the modem was given, by means that know nothing of the station's own ledger.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.spool.items import Priority
from edge.uplink.radio.regions import HOUR_MS, Region
from edge.uplink.radio.regions_tables import REGIONS
from firmware_bridge.modem import Exchange, Uplink
from tests.uplink.radio.ridge import Clock, Ear, Ether, Ridge

DAYS = 60
DAY_S = 86_400.0
RUSH_EVERY, RUSH_HOURS, RUSH = 30, 2.0, 50
"""Once in so many days, so many sightings in a few hours, and the slowest data rate."""
LOOK_S = 60.0
IDLE_S = 3 * 3600.0
"""How often a station looks again that may not speak yet, or has nothing to say."""


@dataclass
class Busy(Ether):
    """A modem that takes its time before it sends, at the data rate of the day; 0.2 are lost."""

    region: Region = field(kw_only=True)
    sent: list[tuple[float, float]] = field(default_factory=list)
    """When each frame began and for how long it was on the air, in s."""

    def exchange(self, uplink: Uplink | None) -> Exchange:
        assert uplink is not None
        rate = self.region.data_rate(self.data_rate)
        airtime_s = rate.airtime_ms(len(uplink.payload)) / 1000
        begins_s = self.clock.now_s + self.chance.uniform(0, self.exchange_s - airtime_s)
        self.sent.append((begins_s, airtime_s))
        return super().exchange(uplink)

    def change(self, slowest: bool) -> None:
        """The network sets another data rate."""
        rates = [rate for rate in self.region.data_rates if rate.payload_bytes]
        rate = self.chance.choice(rates)
        if slowest:
            rate = next(rate for rate in rates if rate.payload_bytes >= 51)
        self.data_rate, self.payload_bytes = rate.index, rate.payload_bytes


def is_rush(day: float) -> bool:
    return int(day) % RUSH_EVERY == 5


def happenings(chance: random.Random) -> deque[tuple[float, Priority]]:
    """A few sightings a day; now and then more than the air can carry."""
    found = []
    for day in range(DAYS):
        count, span_s = (
            (RUSH, RUSH_HOURS * 3600.0) if is_rush(day) else (chance.randrange(5), DAY_S)
        )
        for _ in range(count):
            priority = Priority.ALERT if chance.random() < 0.1 else Priority.SIGHTING
            found.append((day * DAY_S + chance.random() * span_s, priority))
    return deque(sorted(found))


def most_on_air_s(sent: Sequence[tuple[float, float]], window_s: float) -> float:
    """The most airtime of any window: of one that ends with a frame, for it holds the most."""
    most, first, total = 0.0, 0, 0.0
    for index, (begin_s, airtime_s) in enumerate(sent):
        end_s = begin_s + airtime_s
        total += airtime_s
        while sent[first][0] + sent[first][1] <= end_s - window_s:
            total -= sent[first][1]
            first += 1
        oldest_begin_s, oldest_s = sent[first]
        cut_s = max(0.0, end_s - window_s - oldest_begin_s) if first < index else 0.0
        most = max(most, total - min(cut_s, oldest_s))
    return most


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, for thousands of commits; on the disk where there is none."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.mark.parametrize("name", sorted(REGIONS))
def test_busy_weeks_stay_within_the_law(quick_path: Path, name: str) -> None:
    region, clock = REGIONS[name], Clock()
    chance = random.Random(7)
    modem = Busy(Ear(), clock, loss=0.2, chance=chance, region=region)
    modem.change(slowest=True)
    ridge = Ridge(quick_path / "spool", lambda _: modem, region, clock, 6 * 3600.0)
    began_s, waiting, number = clock.now_s, happenings(chance), 0
    while clock.now_s < began_s + DAYS * DAY_S:
        day = (clock.now_s - began_s) / DAY_S
        while waiting and waiting[0][0] <= day * DAY_S:
            ridge.find(number, waiting.popleft()[1])
            number += 1
        if is_rush(day) or chance.random() < 0.05:
            modem.change(slowest=is_rush(day))
        if not ridge.stage.step():
            pause_s = LOOK_S if is_rush(day) and ridge.news_wait() else IDLE_S
            next_s = waiting[0][0] + began_s if waiting else clock.now_s + IDLE_S
            clock.now_s += min(pause_s, max(LOOK_S, next_s - clock.now_s))
    assert ridge.spool.news.count() < 10, "all but the last have long been answered"
    ridge.close()
    assert len(modem.sent) > 4 * DAYS
    limits_ms = [band.hourly_ms for band in region.sub_bands_of(region.channels_hz)]
    limited_ms = [limit for limit in limits_ms if limit is not None]
    if limited_ms:
        assert most_on_air_s(modem.sent, HOUR_MS / 1000) <= min(limited_ms) / 1000
        assert most_on_air_s(modem.sent, HOUR_MS / 1000) > 0.5 * min(limited_ms) / 1000, "a rush"
    if region.dwell_ms is not None:
        assert max(airtime_s for _, airtime_s in modem.sent) <= region.dwell_ms / 1000
