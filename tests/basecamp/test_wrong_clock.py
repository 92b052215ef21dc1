"""When something was that a station told with a clock that was not set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.health.clock_bounds import Bounds
from edge.health.clock_log import AGE, RUN
from edge.records import ClockQuality, SinceBoot
from edge.security.keys import StationKey
from edge.wire.message import Message
from tests.basecamp.samples import NOON, heartbeat_message, sighting, sighting_message
from tests.basecamp.test_store import received
from tools.basecamp.as_json import sighting_json
from tools.basecamp.store import Store
from tools.basecamp.views import SightingView
from tools.basecamp.wording import between

HERE, OTHER = b"\x01\x02\x03\x04", b"\x05\x06\x07\x08"
WRONG = datetime(1970, 1, 1, 0, 10, tzinfo=UTC)
EARLY = sighting(1, captured_at=WRONG, clock=ClockQuality.UNSET, since_boot=SinceBoot(HERE, 600))


@contextmanager
def stored(folder: Path, *messages: Message) -> Iterator[Store]:
    with Store(folder) as store:
        store.enrol("ridge-2", StationKey.generate().token)
        for message in messages:
            store.put(received(message))
        yield store


def seen(folder: Path, *messages: Message) -> SightingView:
    with stored(folder, *messages) as store:
        (view,) = store.views.sightings(10)
    return view


def a_heartbeat(run: bytes, age_s: int, number: int = 1) -> Message:
    counters = ((RUN, int.from_bytes(run, "big")), (AGE, age_s))
    return heartbeat_message(number, counters=counters, sent_at=NOON, clock=ClockQuality.NTP)


@pytest.mark.parametrize("heartbeat_first", [True, False])
def test_a_heartbeat_of_the_same_run_tells_it_to_seconds(
    tmp_path: Path, heartbeat_first: bool
) -> None:
    messages = [sighting_message(EARLY), a_heartbeat(HERE, 4200)]
    view = seen(tmp_path, *(reversed(messages) if heartbeat_first else messages))
    assert view.between is not None
    earliest, latest = view.between.ends
    assert earliest is not None and latest is not None
    assert earliest <= NOON - timedelta(hours=1) <= latest
    assert latest - earliest < timedelta(seconds=10)
    assert between(view.between) == "it was 2025-11-02 11:00:00 UTC"
    assert sighting_json(view)["captured_between"] == [earliest.isoformat(), latest.isoformat()]


def test_a_heartbeat_of_another_run_tells_nothing_but_it_was_before_it_came(tmp_path: Path) -> None:
    view = seen(tmp_path, sighting_message(EARLY), a_heartbeat(OTHER, 4200))
    assert view.between == Bounds(latest=view.received_at)
    assert between(view.between).startswith("it was before 2")


def test_a_clock_that_was_set_is_believed(tmp_path: Path) -> None:
    view = seen(tmp_path, sighting_message(sighting(1)), a_heartbeat(HERE, 4200))
    assert view.between is None
    assert sighting_json(view)["captured_between"] is None


def test_a_heartbeat_from_2038_is_not_the_latest_for_ever(tmp_path: Path) -> None:
    late = datetime(2038, 1, 19, tzinfo=UTC)
    made = heartbeat_message(1, sent_at=late, outbox_items=1)
    with stored(tmp_path, made, heartbeat_message(2, outbox_items=2)) as store:
        (station,) = store.views.stations()
        assert station.heartbeat is not None and station.heartbeat.outbox_items == 2
        now = heartbeat_message(3, sent_at=WRONG, clock=ClockQuality.UNSET, outbox_items=3)
        store.put(received(now))
        (station,) = store.views.stations()
    assert station.heartbeat is not None and station.heartbeat.outbox_items == 3
