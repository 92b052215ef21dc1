"""What a data rate carries, and how long that takes."""

from __future__ import annotations

import pytest

from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.lorawan_regions import REGIONS, DataRate, UnknownRegion, region, time_on_air_s

# RP002-1.0.5, N with FOpts empty; None where no uplink may use the rate. AS923 from DR2 on with
# the dwell limit.
TABLES: dict[str, list[int | None]] = {
    "EU868": [51, 51, 51, 115, 242, 242, 242, 242],
    "RU864": [51, 51, 51, 115, 242, 242, 242, 242],
    "IN865": [51, 51, 51, 115, 242, 242, None, 242],
    "US915": [11, 53, 125, 242, 242],
    "AS923": [51, 51, 11, 53, 125, 242, 242, 242],
    "CN470": [None, 23, 86, 184, 242, 242, 242, 242],
}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_payloads_are_those_of_the_regional_parameters(name: str) -> None:
    sizes = [region(name).payload_bytes(rate) for rate in range(8)]
    assert sizes == [size or 0 for size in TABLES[name]] + [0] * (8 - len(TABLES[name]))


def test_there_is_a_table_for_each_region() -> None:
    assert set(REGIONS) == set(TABLES)


@pytest.mark.parametrize(
    ("payload", "sf", "ms"), [(51, 12, 2793.5), (242, 7, 399.6), (11, 10, 370.7)]
)
def test_airtime_is_that_of_the_formula(payload: int, sf: int, ms: float) -> None:
    airtime_s = time_on_air_s(DataRate(payload, sf, 125_000), 13 + payload)
    assert airtime_s * 1000 == pytest.approx(ms, abs=0.1)


def test_a_join_request_is_on_the_air_for_a_second_and_a_half() -> None:
    assert region("EU868").join_airtime_s() == pytest.approx(1.4828, abs=1e-4)


def test_an_unknown_region_names_the_known_ones() -> None:
    with pytest.raises(UnknownRegion, match="EU868"):
        region("MARS1")


def test_an_identity_takes_hexadecimal_as_networks_print_it_and_hides_its_key() -> None:
    key = b"a secret of ours"
    found = Identity.from_hex("70:B3:D5:7E:D0:06:00:01", "00 00 00 00 00 00 00 01", key.hex())
    assert found.dev_eui.hex() == "70b3d57ed0060001"
    assert found.app_key == key
    assert "secret" not in repr(found)


@pytest.mark.parametrize("sizes", [(7, 8, 16), (8, 9, 16), (8, 8, 15)])
def test_an_identity_of_another_length_is_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="bytes"):
        Identity(*(bytes(size) for size in sizes))
