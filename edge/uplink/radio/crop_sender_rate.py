"""At which data rates crops are sent over radio at all."""

from __future__ import annotations

from edge.uplink.radio.regions import HOUR_MS, Region
from edge.wire.air.fragments import SYMBOL_BYTES, fragment_payload_bytes, room_for_symbols

LARGEST_MS_PER_BYTE = HOUR_MS / 100 / 4096
"""8.8: a crop of 4 kB within the airtime that a duty cycle of 1 % leaves in an hour. In EU868 these
are DR3 (6.8) and faster; DR2 (21.8) would take two and a half hours, DR0 more than nine."""


def crop_ms_per_byte(region: Region, data_rate: int) -> float | None:
    """The airtime of a byte of a crop, in ms, in fragments as long as the data rate takes.

    None where no symbol fits. Raises UnknownRegion for a data rate that the region does not have.
    """
    rate = region.data_rate(data_rate)
    symbols = room_for_symbols(rate.payload_bytes)
    payload_bytes = fragment_payload_bytes(symbols)
    if not symbols or not region.fits(data_rate, payload_bytes):
        return None
    return rate.airtime_ms(payload_bytes) / (symbols * SYMBOL_BYTES)


def takes_crops(region: Region, data_rate: int) -> bool:
    """Whether a crop over radio makes sense there. Raises UnknownRegion."""
    cost = crop_ms_per_byte(region, data_rate)
    return cost is not None and cost <= LARGEST_MS_PER_BYTE
