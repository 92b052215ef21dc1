from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.uplink.radio.airtime import (
    BANDWIDTHS_HZ,
    BadRadioSetting,
    fsk_airtime_ms,
    lora_airtime_us,
    uplink_airtime_ms,
)

SF = st.integers(7, 12)
BANDWIDTH = st.sampled_from(BANDWIDTHS_HZ)
PHY = st.integers(0, 255)


@pytest.mark.parametrize(
    ("payload", "sf", "bandwidth", "symbols", "symbol_ms"),
    [
        # Symbols counted by hand: 12.25 of preamble, 8, and 5 for each block of the payload.
        (51, 12, 125_000, 12.25 + 8 + 5 * 13, 32.768),  # (512 - 48 + 44) / 40 = 12.7
        (242, 7, 125_000, 12.25 + 8 + 5 * 74, 1.024),  # (2040 - 28 + 44) / 28 = 73.4
        (11, 10, 125_000, 12.25 + 8 + 5 * 5, 8.192),  # (192 - 40 + 44) / 40 = 4.9
        (23, 11, 125_000, 12.25 + 8 + 5 * 8, 16.384),  # (288 - 44 + 44) / 36 = 8
        (242, 8, 500_000, 12.25 + 8 + 5 * 65, 0.512),  # (2040 - 32 + 44) / 32 = 64.1
        (0, 7, 250_000, 12.25 + 8 + 5 * 5, 0.512),  # (104 - 28 + 44) / 28 = 4.3
    ],
)
def test_the_airtime_is_that_counted_by_hand(
    payload: int, sf: int, bandwidth: int, symbols: float, symbol_ms: float
) -> None:
    assert uplink_airtime_ms(payload, sf, bandwidth) == pytest.approx(symbols * symbol_ms, abs=1e-9)


def test_the_airtimes_that_decide_what_fits() -> None:
    assert uplink_airtime_ms(51, 12, 125_000) == 2793.472  # a sighting at EU868 DR0
    assert uplink_airtime_ms(242, 7, 125_000) == 399.616  # just below 400 ms of dwell
    assert uplink_airtime_ms(11, 10, 125_000) == 370.688  # all that US915 DR0 takes


def test_gfsk_sends_fifty_bits_a_millisecond() -> None:
    assert fsk_airtime_ms(51) == (5 + 3 + 1 + 13 + 51 + 2) * 8 / 50


@given(PHY, SF, BANDWIDTH)
def test_an_airtime_is_a_whole_number_of_quarter_symbols(
    size: int, sf: int, bandwidth: int
) -> None:
    quarters, rest = divmod(lora_airtime_us(size, sf, bandwidth) * 4 * bandwidth, 10**6 << sf)
    assert rest == 0
    assert quarters % 4 == 1  # the quarter of the preamble


@given(st.integers(0, 254), SF, BANDWIDTH, st.integers(1, 4))
def test_longer_payloads_and_more_coding_never_take_less(
    size: int, sf: int, bandwidth: int, rate: int
) -> None:
    airtime = lora_airtime_us(size, sf, bandwidth, rate)
    assert lora_airtime_us(size + 1, sf, bandwidth, rate) >= airtime
    if rate < 4:
        assert lora_airtime_us(size, sf, bandwidth, rate + 1) >= airtime


@given(PHY, st.integers(7, 11), BANDWIDTH)
def test_each_step_of_spreading_takes_longer(size: int, sf: int, bandwidth: int) -> None:
    assert lora_airtime_us(size, sf + 1, bandwidth) > lora_airtime_us(size, sf, bandwidth)


@given(PHY, SF, BANDWIDTH, st.integers(1, 4))
def test_an_independent_implementation_agrees(
    size: int, sf: int, bandwidth: int, rate: int
) -> None:
    lora = pytest.importorskip("pamoja.lora", reason="pamoja-lora is a development dependency")
    link = lora.link(sf, bandwidth, coding_rate_denominator=rate + 4)
    assert lora_airtime_us(size, sf, bandwidth, rate) == link.airtime_us(size)


@pytest.mark.parametrize(
    ("size", "sf", "bandwidth", "rate"),
    [
        (-1, 7, 125_000, 1),
        (256, 7, 125_000, 1),
        (10, 6, 125_000, 1),
        (10, 13, 125_000, 1),
        (10, 7, 62_500, 1),
        (10, 7, 125_000, 0),
        (10, 7, 125_000, 5),
    ],
)
def test_what_lorawan_does_not_have_is_refused(
    size: int, sf: int, bandwidth: int, rate: int
) -> None:
    with pytest.raises(BadRadioSetting):
        lora_airtime_us(size, sf, bandwidth, rate)
    with pytest.raises(BadRadioSetting):
        fsk_airtime_ms(243)
