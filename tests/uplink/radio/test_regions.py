from __future__ import annotations

from typing import Any

import pytest

from edge.uplink.radio.regions import DataRate, Region, UnknownRegion
from edge.uplink.radio.regions_tables import (
    AS923,
    AS923_DWELL,
    CN470,
    EU868,
    IN865,
    REGIONS,
    RU864,
    US915,
    region,
)

ALL = pytest.mark.parametrize("plan", REGIONS.values(), ids=REGIONS.keys())
RATES = [(plan, rate) for plan in REGIONS.values() for rate in plan.data_rates]
EVERY_RATE = pytest.mark.parametrize(
    ("plan", "rate"), RATES, ids=[f"{plan.name}-DR{rate.index}" for plan, rate in RATES]
)


def _payloads(plan: Region) -> list[int]:
    return [rate.payload_bytes for rate in plan.data_rates]


def test_the_payloads_are_those_of_the_regional_parameters() -> None:
    assert _payloads(EU868) == _payloads(RU864) == [51, 51, 51, 115, 242, 242, 242, 242]
    assert _payloads(IN865) == [51, 51, 51, 115, 242, 242, 242]
    assert _payloads(US915) == [11, 53, 125, 242, 242]
    assert _payloads(CN470) == [0, 23, 86, 184, 242, 242, 242, 242]
    assert _payloads(AS923) == [51, 51, 115, 115, 242, 242, 242, 242]
    assert _payloads(AS923_DWELL) == [0, 0, 11, 53, 125, 242, 242, 242]


@EVERY_RATE
def test_the_longest_payload_keeps_to_the_dwell_limit(plan: Region, rate: DataRate) -> None:
    assert plan.fits(rate.index, rate.payload_bytes) is (rate.payload_bytes > 0)
    assert not plan.fits(rate.index, rate.payload_bytes + 1)
    if plan.dwell_ms is not None and rate.payload_bytes:
        assert rate.airtime_ms(rate.payload_bytes) <= plan.dwell_ms


@EVERY_RATE
def test_where_nothing_may_be_sent_even_an_empty_frame_would_last_too_long(
    plan: Region, rate: DataRate
) -> None:
    if rate.payload_bytes == 0:
        assert plan.dwell_ms is not None
        assert rate.airtime_ms(0) > plan.dwell_ms
        assert not plan.fits(rate.index, 0)


@ALL
def test_every_default_channel_lies_in_a_sub_band(plan: Region) -> None:
    for channel in plan.channels_hz:
        assert plan.sub_band(channel).eirp_dbm >= plan.eirp_dbm


@ALL
def test_sub_bands_do_not_overlap(plan: Region) -> None:
    edges = [edge for band in plan.sub_bands for edge in (band.low_hz, band.high_hz)]
    assert edges == sorted(edges)


@pytest.mark.parametrize(
    ("plan", "frequency_hz", "name", "hourly_ms"),
    [
        (EU868, 864_900_000, "K", 3_600),
        (EU868, 867_100_000, "L", 36_000),
        (EU868, 868_100_000, "M", 36_000),
        (EU868, 868_800_000, "N", 3_600),
        (EU868, 869_525_000, "P", 360_000),
        (EU868, 869_850_000, "R", 36_000),
        (RU864, 864_100_000, "864-865", 3_600),
        (RU864, 868_900_000, "868.7-869.2", 36_000),
        (AS923, 923_200_000, "915-928", 36_000),
        (IN865, 865_062_500, "865-867", None),
        (US915, 914_200_000, "902-928", None),
        (CN470, 470_300_000, "470-510", None),
    ],
)
def test_a_frequency_has_the_duty_cycle_of_its_sub_band(
    plan: Region, frequency_hz: int, name: str, hourly_ms: int | None
) -> None:
    band = plan.sub_band(frequency_hz)
    assert (band.name, band.hourly_ms) == (name, hourly_ms)


def test_channels_are_gathered_into_their_sub_bands() -> None:
    with_the_networks = (*EU868.channels_hz, 867_100_000, 867_900_000)
    assert [band.name for band in EU868.sub_bands_of(EU868.channels_hz)] == ["M"]
    assert [band.name for band in EU868.sub_bands_of(with_the_networks)] == ["L", "M"]


def test_what_is_not_there_is_told_with_what_is() -> None:
    with pytest.raises(UnknownRegion, match="EU868, RU864"):
        region("EU433")
    with pytest.raises(UnknownRegion, match="has no uplink data rate 6"):
        IN865.data_rate(6)
    with pytest.raises(UnknownRegion, match="868650000 Hz"):
        EU868.sub_band(868_650_000)  # between M and N: alarms only


def _theirs(name: str) -> Any:
    lora = pytest.importorskip("pamoja.lora", reason="pamoja-lora is a development dependency")
    return lora.plan_for(name)


# Where the two differ: what pamoja-lora 0.1.18 says, and why the table here is kept.
DIFFERENT = {
    ("AS923", 2): 51,  # 115 since RP002-1.0.3
}


@pytest.mark.parametrize("name", ["EU868", "RU864", "IN865", "US915", "CN470", "AS923"])
def test_an_independent_table_agrees_on_payloads_and_airtimes(name: str) -> None:
    theirs = _theirs(name)
    for rate in region(name).data_rates:
        most = theirs.max_payload(rate.index)
        expected = DIFFERENT.get((name, rate.index), rate.payload_bytes)
        assert (most.application if most else 0) == expected, f"DR{rate.index}"
        link = theirs.link_settings(rate.index)
        if link is not None:
            assert rate.airtime_ms(10) * 1000 == pytest.approx(link.airtime_us(23), abs=1e-6)


@pytest.mark.parametrize("name", ["EU868", "RU864", "IN865", "US915", "AS923"])
def test_an_independent_table_agrees_on_the_default_channels_and_their_duty_cycle(
    name: str,
) -> None:
    theirs, ours = _theirs(name), region(name)
    channels = [
        block.start_hz + step * block.step_hz
        for block in theirs.channel_blocks()
        for step in range(block.count)
    ]
    assert sorted(channels) == sorted(ours.channels_hz)
    for channel in channels:
        permille = theirs.duty_cycle_permille(channel)
        assert ours.sub_band(channel).duty_permille == (
            None if permille in (None, 1000) else permille
        )
