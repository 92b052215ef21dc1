"""Crops go where they cost little airtime, and nowhere else."""

from __future__ import annotations

import pytest

from edge.uplink.radio.crop_sender_rate import crop_ms_per_byte, takes_crops
from edge.uplink.radio.regions import Region, UnknownRegion
from edge.uplink.radio.regions_tables import (
    AS923,
    AS923_DWELL,
    CN470,
    EU868,
    IN865,
    RU864,
    US915,
)


@pytest.mark.parametrize(
    ("region", "rates"),
    [
        (EU868, {3, 4, 5, 6, 7}),
        (RU864, {3, 4, 5, 6, 7}),
        (IN865, {3, 4, 5, 7}),
        (US915, {2, 3, 4}),
        (AS923, {3, 4, 5, 6, 7}),
        (AS923_DWELL, {4, 5, 6, 7}),
        (CN470, {3, 4, 5, 6, 7}),
    ],
    ids=lambda value: value.name if isinstance(value, Region) else "",
)
def test_crops_go_at_the_faster_data_rates(region: Region, rates: set[int]) -> None:
    every = {rate.index for rate in region.data_rates}
    assert {index for index in every if takes_crops(region, index)} == rates


def test_a_byte_of_a_crop_at_eu868_dr3_costs_7_ms() -> None:
    # 12 + 3 + 96 bytes at SF9: 8 + ceil((8 * 124 - 36 + 44) / 36) * 5 symbols after 12.25, 4.096 ms
    # each: 160.25 * 4.096 = 656.384 ms for 96 bytes.
    assert crop_ms_per_byte(EU868, 3) == pytest.approx(656.384 / 96)


def test_eleven_bytes_carry_no_crop() -> None:
    assert crop_ms_per_byte(US915, 0) is None


def test_a_data_rate_that_the_region_does_not_have_is_refused() -> None:
    with pytest.raises(UnknownRegion):
        takes_crops(IN865, 6)
