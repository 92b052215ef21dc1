"""A LoRaWAN region: its data rates, its channels, and what its regulation limits.

The tables are in ``regions_tables``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.errors import IrbisError
from edge.uplink.radio.airtime import fsk_airtime_ms, uplink_airtime_ms

HOUR_MS = 3_600_000


class UnknownRegion(IrbisError, ValueError):
    """No region of that name, or nothing of that index or frequency in it."""


@dataclass(frozen=True, slots=True)
class DataRate:
    """An uplink data rate.

    ``payload_bytes`` is the longest application payload with empty FOpts, 0 where nothing may be
    sent. ``spreading_factor`` and ``bandwidth_hz`` are 0 for 50 kbit/s GFSK.
    """

    index: int
    spreading_factor: int
    bandwidth_hz: int
    payload_bytes: int

    def airtime_ms(self, payload_bytes: int) -> float:
        """How long an uplink of ``payload_bytes`` is on the air. Raises BadRadioSetting.

        Says so for a payload above the limit, too: a modem may send it by mistake.
        """
        if not self.spreading_factor:
            return fsk_airtime_ms(payload_bytes)
        return uplink_airtime_ms(payload_bytes, self.spreading_factor, self.bandwidth_hz)


@dataclass(frozen=True, slots=True)
class SubBand:
    """Frequencies that share one limit, in Hz, from ``low_hz`` up to and without ``high_hz``.

    ``duty_permille`` is the share of any hour that one station may be on the air there, None for
    no limit. ``eirp_dbm`` is the most that may be radiated.
    """

    name: str
    low_hz: int
    high_hz: int
    duty_permille: int | None
    eirp_dbm: float

    @property
    def hourly_ms(self) -> int | None:
        """The airtime of any 60 minutes, in ms; None for no limit."""
        return None if self.duty_permille is None else self.duty_permille * HOUR_MS // 1000


@dataclass(frozen=True, slots=True)
class Region:
    """A region's channel plan, for uplinks.

    ``channels_hz`` are those that every station has before the network adds more;
    ``dwell_ms`` the longest that one transmission may last, None for no limit;
    ``eirp_dbm`` what a station radiates by default (TXPower 0).
    """

    name: str
    data_rates: tuple[DataRate, ...]
    sub_bands: tuple[SubBand, ...]
    channels_hz: tuple[int, ...]
    eirp_dbm: float
    dwell_ms: int | None = None

    def data_rate(self, index: int) -> DataRate:
        """The data rate that the network calls ``index``. Raises UnknownRegion."""
        for rate in self.data_rates:
            if rate.index == index:
                return rate
        raise UnknownRegion(
            f"{self.name} has no uplink data rate {index}; it has "
            f"{', '.join(str(rate.index) for rate in self.data_rates)}"
        )

    def fits(self, index: int, payload_bytes: int) -> bool:
        """Whether an uplink of that length may be sent at data rate ``index``.

        Raises UnknownRegion, and BadRadioSetting for a negative length.
        """
        rate = self.data_rate(index)
        if payload_bytes > rate.payload_bytes or not rate.payload_bytes:
            return False
        return self.dwell_ms is None or rate.airtime_ms(payload_bytes) <= self.dwell_ms

    def sub_band(self, frequency_hz: int) -> SubBand:
        """The sub-band of a channel. Raises UnknownRegion where stations may not send."""
        for band in self.sub_bands:
            if band.low_hz <= frequency_hz < band.high_hz:
                return band
        raise UnknownRegion(
            f"{frequency_hz} Hz is in no sub-band of {self.name} for uplinks; "
            "check the channel plan of the network"
        )

    def sub_bands_of(self, channels_hz: Iterable[int]) -> tuple[SubBand, ...]:
        """The sub-bands of these channels, each once, by frequency. Raises UnknownRegion."""
        used = {self.sub_band(channel) for channel in channels_hz}
        return tuple(band for band in self.sub_bands if band in used)
