"""The air around one gateway: who drowns whom, and whose signal is too weak.

Pure ALOHA on each channel and spreading factor: of transmissions that overlap there, all are lost.
Spreading factors do not disturb each other, and nobody is heard above another: the first is kinder
than the truth, the second harsher.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle

from edge.uplink.radio.regions import DataRate, Region
from tools.simulate.settings import BadSimulation, Radio

LEAST_SNR_DB = {7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}
"""What a demodulator needs by spreading factor (SX1276 datasheet, table 13)."""
_ADR_MARGIN_DB = 10.0
"""What network servers leave in hand when they choose a data rate (The Things Stack: 15, ChirpStack
10)."""
_CHANNELS = 8
"""A gateway listens to so many at once."""
LONGEST_FRAME_BYTES = 51


@dataclass(slots=True)
class Transmission:
    """One frame on the air; times in seconds."""

    start_s: float
    end_s: float
    channel: int
    spreading_factor: int
    collided: bool = False


@dataclass
class Air:
    """Who is sending now."""

    on_air: dict[tuple[int, int], list[Transmission]] = field(default_factory=dict)

    def begin(self, sent: Transmission) -> None:
        """Transmissions begin in the order of time."""
        key = (sent.channel, sent.spreading_factor)
        others = [o for o in self.on_air.get(key, ()) if o.end_s > sent.start_s]
        for other in others:
            other.collided = sent.collided = True
        self.on_air[key] = [*others, sent]


@dataclass(frozen=True, slots=True)
class Place:
    """A station's way to its gateway: its data rate, and the mean margin over what that needs."""

    rate: DataRate
    margin_db: float

    @property
    def chance(self) -> float:
        """That a frame is strong enough under Rayleigh fading: exp(-1 / mean margin)."""
        return math.exp(-(10 ** (-self.margin_db / 10)))


def usable_rates(region: Region) -> list[DataRate]:
    """LoRa data rates that carry every record, the slowest first. Raises BadSimulation."""
    rates = [
        rate
        for rate in region.data_rates
        if rate.spreading_factor and region.fits(rate.index, LONGEST_FRAME_BYTES)
    ]
    if not rates:
        raise BadSimulation(f"{region.name} has no data rate for {LONGEST_FRAME_BYTES} bytes")
    return rates


def channels_of(region: Region) -> int:
    return min(len(region.channels_hz), _CHANNELS)


def draw_hops(chance: random.Random, region: Region) -> Callable[[], int]:
    """How a modem picks its channels, the next at each call: by chance, or, where a regulation
    limits the time on each of them, all in turn, in an order that is its own."""
    channels = list(range(channels_of(region)))
    if region.dwell_ms is None:
        return lambda: chance.choice(channels)
    chance.shuffle(channels)
    return cycle(channels).__next__


def draw_place(chance: random.Random, radio: Radio, rates: list[DataRate]) -> Place:
    """Where a station was left, and the data rate that the network gives it there."""
    slowest = rates[0]
    least_db = LEAST_SNR_DB[slowest.spreading_factor] + radio.least_margin_db
    snr_db = max(least_db, chance.gauss(radio.snr_db, radio.shadowing_db))
    margins = [(rate, snr_db - LEAST_SNR_DB[rate.spreading_factor]) for rate in rates]
    comfortable = [one for one in margins if one[1] >= _ADR_MARGIN_DB]
    return Place(*(comfortable[-1] if comfortable else margins[0]))


def draw_outages(chance: random.Random, radio: Radio, until_s: float) -> list[tuple[float, float]]:
    """When the gateway is away, in seconds; in order, without overlap."""
    outages: list[tuple[float, float]] = []
    day_s, now_s = 86_400.0, 0.0
    while radio.outage_days > 0:
        now_s += chance.expovariate(1 / (radio.up_days * day_s))
        if now_s >= until_s:
            break
        end_s = now_s + chance.expovariate(1 / (radio.outage_days * day_s))
        outages.append((now_s, end_s))
        now_s = end_s
    return outages
