"""The regions' numbers, as data.

Data rates, payloads, default channels and powers: LoRa Alliance, RP002-1.0.5; the payloads are
those without a repeater. LR-FHSS, SF5 and SF6 are left out: the modems that Irbis knows have none
of them. Limits are the regulators', named at each region. Where RP002 asks for less than the
regulator allows, RP002 counts.
"""

from __future__ import annotations

from types import MappingProxyType

from edge.uplink.radio.regions import DataRate, Region, SubBand, UnknownRegion

_KHZ = 1000
_ETSI_PAYLOADS = (51, 51, 51, 115, 242, 242, 242, 242)


def _seven(payloads: tuple[int, ...], fast_khz: int = 250) -> tuple[DataRate, ...]:
    """The common ladder: DR0-5 are SF12-7 at 125 kHz, DR6 SF7 at ``fast_khz``, DR7 GFSK."""
    slow = [DataRate(index, 12 - index, 125 * _KHZ, payloads[index]) for index in range(6)]
    return (*slow, DataRate(6, 7, fast_khz * _KHZ, payloads[6]), DataRate(7, 0, 0, payloads[7]))


def _steps(first_khz: int, step_khz: int, count: int) -> tuple[int, ...]:
    return tuple((first_khz + step_khz * place) * _KHZ for place in range(count))


EU868 = Region(
    name="EU868",
    data_rates=_seven(_ETSI_PAYLOADS),
    # ETSI EN 300 220-2 V3.2.1, bands K to R: duty cycle over any hour, power as ERP + 2.15 dB.
    sub_bands=(
        SubBand("K", 863_000_000, 865_000_000, 1, 16.15),
        SubBand("L", 865_000_000, 868_000_000, 10, 16.15),
        SubBand("M", 868_000_000, 868_600_000, 10, 16.15),
        SubBand("N", 868_700_000, 869_200_000, 1, 16.15),
        SubBand("P", 869_400_000, 869_650_000, 100, 29.15),
        SubBand("R", 869_700_000, 870_000_000, 10, 16.15),
    ),
    channels_hz=_steps(868_100, 200, 3),
    eirp_dbm=16.0,
)

RU864 = Region(
    name="RU864",
    data_rates=_seven(_ETSI_PAYLOADS),
    # GKRCh decision 07-20-03-001, annex 12, as of 18-46-03-1 (2018). It gives the last one 10 %
    # and 100 mW; RP002 and the modems keep to 1 % and 16 dBm there.
    sub_bands=(
        SubBand("864-865", 864_000_000, 865_000_000, 1, 16.15),
        SubBand("866-868", 866_000_000, 868_000_000, 10, 16.15),
        SubBand("868.7-869.2", 868_700_000, 869_200_000, 10, 16.15),
    ),
    channels_hz=_steps(868_900, 200, 2),
    eirp_dbm=16.0,
)

IN865 = Region(
    name="IN865",
    data_rates=tuple(rate for rate in _seven(_ETSI_PAYLOADS) if rate.index != 6),
    # India, GSR 168(E) and 564(E): power and bandwidth are limited, time is not.
    sub_bands=(SubBand("865-867", 865_000_000, 867_000_000, None, 30.0),),
    channels_hz=(865_062_500, 865_402_500, 865_985_000),
    eirp_dbm=30.0,
)

US915 = Region(
    name="US915",
    data_rates=(
        DataRate(0, 10, 125 * _KHZ, 11),
        DataRate(1, 9, 125 * _KHZ, 53),
        DataRate(2, 8, 125 * _KHZ, 125),
        DataRate(3, 7, 125 * _KHZ, 242),
        DataRate(4, 8, 500 * _KHZ, 242),
    ),
    # FCC 15.247(a)(1)(i): 400 ms on one frequency. That the next one is another is the modem's
    # part (it hops). DR4 is a wide-band modulation without that limit, and never reaches it.
    sub_bands=(SubBand("902-928", 902_000_000, 928_000_000, None, 30.0),),
    channels_hz=(*_steps(902_300, 200, 64), *_steps(903_000, 1600, 8)),
    eirp_dbm=30.0,
    dwell_ms=400,
)

CN470 = Region(
    name="CN470",
    data_rates=_seven((0, 23, 86, 184, 242, 242, 242, 242), fast_khz=500),
    # MIIT notice 52 of 2019: one transmission lasts 1 s at most. That is why DR0 carries nothing.
    sub_bands=(SubBand("470-510", 470_000_000, 510_000_000, None, 19.15),),
    # The plan for antennas of 20 MHz, type A: two groups of 32.
    channels_hz=(*_steps(470_300, 200, 32), *_steps(503_500, 200, 32)),
    eirp_dbm=19.15,
    dwell_ms=1000,
)

# RP002 asks for less than 1 %; 915 to 928 MHz holds the channels of AS923-1 to AS923-4.
_AS923_BANDS = (SubBand("915-928", 915_000_000, 928_000_000, 10, 16.0),)

AS923 = Region(
    name="AS923",
    data_rates=_seven((51, 51, 115, 115, 242, 242, 242, 242)),
    sub_bands=_AS923_BANDS,
    channels_hz=_steps(923_200, 200, 2),
    eirp_dbm=16.0,
)

AS923_DWELL = Region(
    name="AS923-dwell",
    data_rates=_seven((0, 0, 11, 53, 125, 242, 242, 242)),
    sub_bands=_AS923_BANDS,
    channels_hz=_steps(923_200, 200, 2),
    eirp_dbm=16.0,
    dwell_ms=400,
)
"""AS923 until the network lifts the limit of 400 ms (UplinkDwellTime, on by default)."""

REGIONS = MappingProxyType(
    {region.name: region for region in (EU868, RU864, IN865, US915, CN470, AS923, AS923_DWELL)}
)


def region(name: str) -> Region:
    """The region of that name, such as ``EU868``. Raises UnknownRegion."""
    try:
        return REGIONS[name]
    except KeyError:
        raise UnknownRegion(f"no region {name!r}; there are {', '.join(REGIONS)}") from None
