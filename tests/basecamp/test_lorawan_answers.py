"""What is stored is acknowledged in few downlinks, and no counter goes out twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.security.keys import BasecampKey, StationKey
from edge.wire.air.frame import parse_frame
from tools.basecamp.database import Database
from tools.basecamp.radio_answers import REPEATED, RadioAnswers
from tools.basecamp.radio_inbox import Heard, RadioInbox
from tools.basecamp.shelf import Shelf
from tools.basecamp.store import DATABASE_NAME, Store

from . import lorawan as air
from .folders import brief_folder
from .lorawan import RadioStation

KEY = BasecampKey.generate()
STATION = StationKey.generate()
START = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Camp:
    """The answering half of basecamp, on a real file."""

    def __init__(self, folder: Path, daily_limit: int | None = None) -> None:
        with Store(folder) as store:
            store.enrol("ridge-2", STATION.token)
        self._folder = folder
        self._daily_limit = daily_limit
        self.clock = Clock()
        self.restart()

    def restart(self) -> None:
        self.close()
        self._database = Database(self._folder / DATABASE_NAME)
        self._inbox = RadioInbox(self._database, Shelf(self._folder), KEY, self.clock)
        self._answers = RadioAnswers(self._database, self._daily_limit, self.clock)

    def close(self) -> None:
        if hasattr(self, "_database"):
            self._database.close()

    def take(self, frame: bytes) -> Heard:
        return self._inbox.take("ridge-2", frame)

    def hear(self, radio: RadioStation, record: bytes) -> Heard:
        return self.take(radio.sealer.seal(record))

    def answer(self, heard: Heard) -> bytes | None:
        return self._answers.due(heard.keys, heard.key_id)

    def exchange(self, radio: RadioStation, sequence: int) -> bytes | None:
        """A sighting comes, and what is answered reaches the station."""
        frame = self.answer(self.hear(radio, air.sighting_record(1 + sequence % 40, sequence)))
        if frame is not None:
            radio.hear(frame)
        return frame


@contextmanager
def camp_in(folder: Path, daily_limit: int | None = None) -> Iterator[Camp]:
    camp = Camp(folder, daily_limit)
    try:
        yield camp
    finally:
        camp.close()


@pytest.fixture
def camp(tmp_path: Path) -> Iterator[Camp]:
    with camp_in(tmp_path) as camp:
        yield camp


@pytest.fixture
def radio() -> RadioStation:
    return RadioStation(STATION, KEY.token)


def test_a_first_record_is_acknowledged_in_17_bytes(camp: Camp, radio: RadioStation) -> None:
    frame = camp.exchange(radio, 1)
    assert frame is not None
    assert len(frame) == 17
    assert radio.acknowledged == {1}


def test_what_was_told_is_not_told_again_unless_it_is_sent_again(
    camp: Camp, radio: RadioStation
) -> None:
    heard = camp.hear(radio, air.sighting_record(1))
    assert camp.answer(heard) is not None
    assert camp.answer(heard) is None
    again = camp.hear(radio, air.sighting_record(1))
    assert not again.is_new
    assert camp.answer(again) is not None


def test_an_answer_that_was_lost_is_made_good_by_the_next(camp: Camp, radio: RadioStation) -> None:
    for sequence in range(1, 20):
        assert camp.answer(camp.hear(radio, air.heartbeat_record(sequence))) is not None  # lost
    camp.exchange(radio, 20)
    assert radio.acknowledged == set(range(1, 21))


def test_a_beacon_is_not_answered(camp: Camp, radio: RadioStation) -> None:
    heard = camp.take(radio.sealer.beacon(air.BEACON))
    assert camp.answer(heard) is None


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 2**24 - 1), min_size=1, max_size=30))
def test_any_numbers_in_any_order_are_acknowledged_within_51_bytes(sequences: list[int]) -> None:
    radio = RadioStation(STATION, KEY.token)
    with brief_folder() as folder, camp_in(Path(folder)) as camp:
        for sequence in sequences:
            frame = camp.exchange(radio, sequence)
            assert frame is not None
            assert len(frame) <= 51
    assert radio.acknowledged == set(sequences)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["exchange", "restart", "clock back"]), st.integers(0, 7200)),
        max_size=25,
    )
)
def test_no_downlink_counter_is_used_twice(events: list[tuple[str, int]]) -> None:
    radio = RadioStation(STATION, KEY.token)
    used = []
    with brief_folder() as folder, camp_in(Path(folder)) as camp:
        for sequence, (what, seconds) in enumerate(events):
            if what == "restart":
                camp.restart()
            elif what == "clock back":
                camp.clock.now -= timedelta(seconds=seconds)
            else:
                camp.clock.now += timedelta(seconds=seconds)
                frame = camp.exchange(radio, sequence)
                assert frame is not None
                used.append(parse_frame(frame).number)
    assert len(used) == len(set(used))


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 12),
    st.lists(st.integers(0, 4 * 3600), min_size=20, max_size=60),
)
def test_no_day_has_more_downlinks_than_are_allowed(limit: int, pauses_s: list[int]) -> None:
    radio = RadioStation(STATION, KEY.token)
    sent = []
    with brief_folder() as folder, camp_in(Path(folder), limit) as camp:
        for sequence, pause_s in enumerate(pauses_s):
            camp.clock.now += timedelta(seconds=pause_s)
            if sequence % 7 == 3:
                camp.restart()
            if camp.exchange(radio, sequence) is not None:
                sent.append(camp.clock.now)
    for first in sent:
        assert sum(first <= one < first + timedelta(days=1) for one in sent) <= limit


def test_a_lively_hour_does_not_use_up_the_day(tmp_path: Path, radio: RadioStation) -> None:
    with camp_in(tmp_path, daily_limit=10) as camp:
        answers = []
        for minute in range(60):
            camp.clock.now += timedelta(minutes=1)
            answers.append(camp.exchange(radio, minute))
        assert sum(answer is not None for answer in answers) == 1
        camp.clock.now += timedelta(hours=1)
        assert camp.exchange(radio, 60) is not None
        assert radio.acknowledged == set(range(61))


def test_what_no_answer_names_any_more_is_not_kept(tmp_path: Path) -> None:
    radio = RadioStation(STATION, KEY.token)
    with camp_in(tmp_path) as camp:
        for sequence in range(REPEATED + 40):
            heard = camp.hear(radio, air.sighting_record(1 + sequence % 40, sequence))
        frame = camp.answer(heard)
    assert frame is not None
    radio.hear(frame)
    assert radio.acknowledged == set(range(40, REPEATED + 40))
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        assert connection.execute("SELECT count(*) FROM radio_numbers").fetchone() == (REPEATED,)
