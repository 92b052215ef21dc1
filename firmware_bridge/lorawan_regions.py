"""What a LoRaWAN data rate can carry in each region, and what the modems call the region.

Longest payloads are the N of RP002-1.0.5 (regional parameters) for an end device that talks to
gateways directly, with FOpts empty. Duty cycles are those of the end device's default channels.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.errors import BridgeError


class UnknownRegion(BridgeError, ValueError):
    """A region that this package has no table for."""


@dataclass(frozen=True, slots=True)
class DataRate:
    """One data rate: the longest payload in bytes, spreading factor (0: FSK) and bandwidth."""

    payload_bytes: int
    spreading_factor: int
    bandwidth_hz: int


@dataclass(frozen=True, slots=True)
class Band:
    """Channels that share one duty cycle. ``duty`` is the share of time one may transmit."""

    duty: float
    channels_hz: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """A region. ``data_rates`` leaves out what no uplink may use."""

    name: str
    rak_band: int
    """Its number in RUI3's AT+BAND."""
    data_rates: dict[int, DataRate]
    bands: tuple[Band, ...]
    join_data_rate: int
    """The slowest one that a join request may use."""

    def payload_bytes(self, data_rate: int) -> int:
        """The longest payload at ``data_rate``; 0 where no uplink may use that rate."""
        known = self.data_rates.get(data_rate)
        return 0 if known is None else known.payload_bytes

    def join_airtime_s(self) -> float:
        """How long a join request of 23 bytes is on the air at the slowest rate, in s."""
        return time_on_air_s(self.data_rates[self.join_data_rate], 23)


def time_on_air_s(rate: DataRate, frame_bytes: int) -> float:
    """Airtime in s of a frame of ``frame_bytes`` (PHYPayload), preamble 8, CR 4/5, CRC on.

    Source: Semtech AN1200.13; FSK at 50 kbit/s has 5 + 3 + 1 + 2 bytes around the frame.
    """
    if rate.spreading_factor == 0:
        return (frame_bytes + 11) * 8 / 50_000
    symbol_s = float(2**rate.spreading_factor) / rate.bandwidth_hz
    low = 1 if symbol_s > 0.016 else 0
    sf = rate.spreading_factor
    bits = 8 * frame_bytes - 4 * sf + 28 + 16
    symbols = 8 + max(-(-bits // (4 * (sf - 2 * low))) * 5, 0)
    return (8 + 4.25 + symbols) * symbol_s


def region(name: str) -> Region:
    """The region called ``name``. Raises UnknownRegion, which names the known ones."""
    try:
        return REGIONS[name]
    except KeyError:
        known = ", ".join(sorted(REGIONS))
        raise UnknownRegion(f"region {name!r} is not known; there are {known}") from None


def _rates(first: int, *rows: tuple[int, int, int]) -> dict[int, DataRate]:
    return {
        first + index: DataRate(payload, sf, khz * 1000)
        for index, (payload, sf, khz) in enumerate(rows)
    }


_EUROPE = _rates(
    0,
    (51, 12, 125),
    (51, 11, 125),
    (51, 10, 125),
    (115, 9, 125),
    (242, 8, 125),
    (242, 7, 125),
    (242, 7, 250),
    (242, 0, 50),
)
_INDIA = {index: rate for index, rate in _EUROPE.items() if index != 6}

REGIONS: dict[str, Region] = {
    found.name: found
    for found in (
        Region(
            "EU868",
            4,
            _EUROPE,
            (
                Band(0.01, (868_100_000, 868_300_000, 868_500_000)),
                Band(0.01, (867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000)),
            ),
            0,
        ),
        Region("RU864", 2, _EUROPE, (Band(0.01, (868_900_000, 869_100_000)),), 0),
        Region("IN865", 3, _INDIA, (Band(1.0, (865_062_500, 865_402_500, 865_985_000)),), 0),
        Region(
            "US915",
            5,
            _rates(0, (11, 10, 125), (53, 9, 125), (125, 8, 125), (242, 7, 125), (242, 8, 500)),
            (Band(1.0, tuple(range(902_300_000, 903_800_000, 200_000))),),
            0,
        ),
        # The stacks of both modems start with the 400 ms dwell limit of this region on, and neither
        # tells when the network lifts it: the smaller payloads are the safe ones. At DR0 and DR1,
        # which that limit rules out, it must have been lifted.
        Region(
            "AS923",
            8,
            _rates(
                0,
                (51, 12, 125),
                (51, 11, 125),
                (11, 10, 125),
                (53, 9, 125),
                (125, 8, 125),
                (242, 7, 125),
                (242, 7, 250),
                (242, 0, 50),
            ),
            (Band(0.01, (923_200_000, 923_400_000)),),
            2,
        ),
        Region(
            "CN470",
            1,
            _rates(
                1,
                (23, 11, 125),
                (86, 10, 125),
                (184, 9, 125),
                (242, 8, 125),
                (242, 7, 125),
                (242, 7, 500),
                (242, 0, 50),
            ),
            (Band(1.0, tuple(range(470_300_000, 471_900_000, 200_000))),),
            1,
        ),
    )
}
