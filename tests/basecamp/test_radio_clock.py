"""When something was that came by radio from a station whose clock was not set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.health.clock_bounds import Bounds
from edge.records import ClockQuality
from edge.security.keys import BasecampKey, StationKey
from edge.wire.air.heartbeat import encode_radio_heartbeat
from edge.wire.air.moment import Uptime
from edge.wire.air.sighting import condensed, encode_radio_sighting
from tools.basecamp.radio_rosters import Rosters
from tools.basecamp.radio_views import RadioSightingView
from tools.basecamp.radio_wording import RadioWording
from tools.basecamp.store import Store
from tools.basecamp.wording import between

from . import lorawan as air
from . import samples
from .lorawan import RadioStation

KEY = BasecampKey.generate()
STATION = StationKey.generate()
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Ridge:
    """A station on the radio, and basecamp's clock."""

    def __init__(self, store: Store) -> None:
        self.store, self.now = store, NOON
        self._radio = RadioStation(STATION, KEY.token)
        self._number = 0

    def sees(self, moment: Uptime) -> None:
        unset = samples.sighting(1, clock=ClockQuality.UNSET)
        self._say(encode_radio_sighting(condensed(unset, self._next(), uptime=moment)))

    def beats(self, moment: Uptime, at: datetime | None) -> None:
        """``at`` is what its clock says; None where that is not set."""
        beat = replace(
            air.heartbeat(self._next()),
            boot=moment.boot,
            uptime_s=moment.seconds,
            sent_at=at or datetime(1970, 1, 1, tzinfo=UTC),
            clock=ClockQuality.UNSET if at is None else ClockQuality.GPS,
        )
        self._say(encode_radio_heartbeat(beat))

    @property
    def seen(self) -> RadioSightingView:
        (view,) = self.store.views.news(10)
        assert isinstance(view, RadioSightingView)
        return view

    @property
    def between(self) -> Bounds:
        found = self.seen.between
        assert found is not None
        return found

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _say(self, record: bytes) -> None:
        inbox = self.store.radio_inbox(KEY, lambda: self.now)
        inbox.take("ridge-2", self._radio.sealer.seal(record))


@pytest.fixture
def ridge(tmp_path: Path) -> Iterator[Ridge]:
    with Store(tmp_path) as store:
        store.enrol("ridge-2", STATION.token)
        yield Ridge(store)


def test_it_was_before_it_came(ridge: Ridge) -> None:
    ridge.sees(Uptime(3, 600))
    assert ridge.between == Bounds(latest=NOON)
    assert ridge.seen.captured_at is None
    told = RadioWording(Rosters(())).sighting_json(ridge.seen)
    assert told["captured_between"] == [None, NOON.isoformat()]
    assert between(ridge.between) == "it was before 2026-06-01 12:00:00 UTC"


def test_a_heartbeat_of_its_run_tells_it_to_seconds_once_the_clock_is_set(ridge: Ridge) -> None:
    ridge.sees(Uptime(3, 600))
    ridge.now += 5 * HOUR
    ridge.beats(Uptime(3, 600 + 4 * 3600), NOON + 2 * HOUR)
    assert ridge.seen.captured_at == NOON - 2 * HOUR
    assert between(ridge.between) == "it was 2026-06-01 10:00:00 UTC"


def test_a_station_s_clock_that_contradicts_basecamp_s_leaves_an_answer(ridge: Ridge) -> None:
    ridge.sees(Uptime(3, 600))
    ridge.beats(Uptime(3, 1200), NOON + 9 * HOUR)
    assert ridge.between == Bounds(latest=NOON)


def test_the_run_before_tells_that_it_was_not_earlier(ridge: Ridge) -> None:
    ridge.beats(Uptime(2, 900), NOON - 8 * HOUR)
    ridge.sees(Uptime(3, 600))
    earliest, latest = ridge.between.ends
    assert earliest is not None and latest == NOON
    assert NOON - 8 * HOUR <= earliest <= NOON - 8 * HOUR + timedelta(seconds=600)


def test_the_run_after_tells_that_it_was_not_later(ridge: Ridge) -> None:
    ridge.now = NOON + 20 * HOUR
    ridge.sees(Uptime(3, 600))
    ridge.beats(Uptime(4, 3600), NOON + 3 * HOUR)
    latest = ridge.between.latest
    assert latest is not None and latest <= NOON + 2 * HOUR + timedelta(seconds=2)


def test_a_heartbeat_without_a_clock_tells_when_its_run_had_begun(ridge: Ridge) -> None:
    ridge.beats(Uptime(3, 3600), None)
    ridge.now += 20 * HOUR
    ridge.sees(Uptime(3, 600))
    assert ridge.between == Bounds(latest=NOON - timedelta(seconds=3000))


def test_another_spool_tells_nothing(ridge: Ridge) -> None:
    other = RadioStation(STATION, KEY.token, key_id=8)
    ridge.store.radio_inbox(KEY).take(
        "ridge-2", other.sealer.seal(air.heartbeat_record(1, boot=2, uptime_s=900))
    )
    ridge.sees(Uptime(3, 600))
    assert ridge.between == Bounds(latest=NOON)


def test_a_station_whose_clock_was_set_is_believed(ridge: Ridge) -> None:
    ridge._say(encode_radio_sighting(air.radio_sighting(1)))
    assert ridge.seen.between is None
    assert ridge.seen.captured_at is not None
