"""A gateway's voice. It has one transmitter, stands under the duty cycle as everyone does, and
hears nothing while it speaks: what limits a large cell is how much of it can be answered.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from edge.uplink.radio.airtime import uplink_airtime_ms
from edge.uplink.radio.duty import Ledger
from edge.uplink.radio.regions import DataRate, Region
from tools.simulate.audit import Emission
from tools.simulate.channel import Transmission

FIRST_WINDOW_S, SECOND_WINDOW_S = 1.0, 2.0
"""After the end of an uplink (RP002-1.0.5, RECEIVE_DELAY1 and 2)."""
_FORGOTTEN_S = 10.0


class _Way(NamedTuple):
    frequency_hz: int
    spreading_factor: int
    bandwidth_hz: int


_SECOND = {
    "EU868": _Way(869_525_000, 12, 125_000),
    "RU864": _Way(869_100_000, 12, 125_000),
    "IN865": _Way(866_550_000, 10, 125_000),
    "US915": _Way(923_300_000, 12, 500_000),
    "CN470": _Way(486_900_000, 11, 125_000),
    "AS923": _Way(923_200_000, 10, 125_000),
    "AS923-dwell": _Way(923_200_000, 10, 125_000),
}
"""The second receive window's defaults (RP002-1.0.5)."""
_WIDE = "US915"
"""Where answers have eight wide channels of their own: 923.3 MHz and every 600 kHz."""


class Gateway:
    """What it says, in order."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._second = _SECOND[region.name]
        bands = region.sub_bands_of((*region.channels_hz, self._second.frequency_hz))
        self._ledger = Ledger(region, bands)
        self.said: list[Emission] = []

    def say(self, size_bytes: int, after: Transmission, rate: DataRate) -> Emission | None:
        """A frame of that length in one of the windows ``after`` an uplink; None where the gateway
        speaks to another, or the regulation forbids it."""
        for delay_s, way in self._windows(after, rate):
            airtime_ms = uplink_airtime_ms(size_bytes, way.spreading_factor, way.bandwidth_hz)
            start_ms = math.ceil((after.end_s + delay_s) * 1000)
            told = Emission(start_ms / 1000, (start_ms + airtime_ms) / 1000, way.frequency_hz)
            band = self._region.sub_band(way.frequency_hz)
            free = not self.speaks(told.start_s, told.end_s)
            if free and self._ledger.next_allowed(airtime_ms, start_ms, band) == start_ms:
                self._ledger.spend(airtime_ms, start_ms, band)
                self.said.append(told)
                return told
        return None

    def speaks(self, start_s: float, end_s: float) -> bool:
        """Whether it does at some time between: then it heard nothing of that."""
        for one in reversed(self.said):
            if one.end_s < start_s - _FORGOTTEN_S:
                return False
            if one.start_s < end_s and start_s < one.end_s:
                return True
        return False

    def _windows(self, after: Transmission, rate: DataRate) -> Iterator[tuple[float, _Way]]:
        """The first window answers on the uplink's channel and at its rate."""
        frequency_hz, bandwidth_hz = self._region.channels_hz[after.channel], rate.bandwidth_hz
        if self._region.name == _WIDE:
            frequency_hz, bandwidth_hz = 923_300_000 + 600_000 * (after.channel % 8), 500_000
        yield FIRST_WINDOW_S, _Way(frequency_hz, rate.spreading_factor, bandwidth_hz)
        yield SECOND_WINDOW_S, self._second
