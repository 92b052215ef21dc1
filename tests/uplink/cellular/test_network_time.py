"""What a cellular network says of the time, by ModemManager's API on a real private D-Bus."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.uplink.cellular.modem_manager import ModemManagerBearer, Subscription
from edge.uplink.cellular.network_time import read_iso
from tests.uplink.cellular.modem_service import modem_service, private_bus

PLAN = Subscription("internet", register_s=20.0)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def bus() -> Iterator[str]:
    with private_bus() as address:
        yield address


def told_in_a_session(bus: str, **scene: object) -> list[datetime]:
    told: list[datetime] = []
    with modem_service(bus, **scene):
        bearer = ModemManagerBearer(PLAN, bus=bus, on_time=told.append)
        bearer.up()
        assert bearer.down()
    return told


def test_a_session_asks_the_network_as_it_begins_and_as_it_ends(bus: str) -> None:
    assert told_in_a_session(bus, time="2026-06-01T17:30:00+05:30") == [NOON, NOON]


def test_a_zone_that_is_told_apart_counts(bus: str) -> None:
    assert told_in_a_session(bus, time="2026-06-01T17:00:00", zone=300) == [NOON, NOON]


def test_a_network_that_tells_no_time_costs_no_session(bus: str) -> None:
    assert told_in_a_session(bus) == []


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-06-01T12:00:00Z", NOON),
        ("2026-06-01T17:00:00+05", NOON),
        ("2026-06-01T12:00:00", None),
        ("", None),
        ("1 June", None),
        ("0001-01-01T00:00:00+14:00", None),
        (7, None),
    ],
)
def test_a_time_needs_its_distance_from_utc(text: object, at: datetime | None) -> None:
    assert read_iso(text) == at


@given(st.text(max_size=60), st.none() | st.integers())
def test_no_text_breaks_the_reader(text: str, zone_minutes: int | None) -> None:
    at = read_iso(text, zone_minutes)
    assert at is None or at.tzinfo is UTC
