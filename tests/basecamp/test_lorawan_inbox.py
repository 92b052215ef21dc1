"""The store takes each frame once and keeps each sighting once, in whatever order they come."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.records import ClockQuality
from edge.security.keys import BasecampKey, StationKey
from edge.wire.air.fragments import CropName
from edge.wire.air.fragments_crop import fragments_of
from edge.wire.air.frame import FrameRefused, Reason
from edge.wire.air.moment import Uptime
from edge.wire.air.reference import reference_of
from edge.wire.air.sighting import condensed, encode_radio_sighting
from edge.wire.message import encode_message
from tools.basecamp.content import Unreadable, read_body
from tools.basecamp.database import _STEPS, SCHEMA_VERSION, Database
from tools.basecamp.errors import AlreadyEnrolled, NotEnrolled, StoreError
from tools.basecamp.radio_devices import parse_eui
from tools.basecamp.radio_views import RadioSightingView
from tools.basecamp.store import DATABASE_NAME, Store

from . import lorawan as air
from . import samples
from .folders import brief_folder
from .inbox import KEY, STATION, full, news, store, take
from .lorawan import RadioStation

__all__ = ["store"]  # fixtures


steps = st.lists(
    st.tuples(st.sampled_from(["radio", "full", "same frame"]), st.integers(1, 4)), max_size=16
)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_any_mixture_of_both_ways_shows_every_sighting_once(order: list[tuple[str, int]]) -> None:
    radio = RadioStation(STATION, KEY.token)
    came_full: set[int] = set()
    came_by_radio: set[int] = set()
    last_frame = b""
    with brief_folder() as folder, Store(Path(folder)) as store:
        store.enrol("ridge-2", STATION.token)
        for way, number in order:
            if way == "full":
                store.put(full(number))
                came_full.add(number)
            elif way == "radio":
                last_frame = radio.sealer.seal(air.sighting_record(number))
                known = number in came_full | came_by_radio
                assert take(store, last_frame).is_new is not known
                came_by_radio.add(number)
            elif last_frame:
                with pytest.raises(FrameRefused):
                    take(store, last_frame)
        only_radio = came_by_radio - came_full
        expected = [samples.burst_id(number) for number in came_full] + [
            air.radio_sighting(number).reference.hex() for number in only_radio
        ]
        assert news(store) == sorted(expected)
        assert store.views.sighting_count() == len(expected)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_no_altered_frame_is_taken_and_none_spends_the_true_one(data: st.DataObject) -> None:
    radio = RadioStation(STATION, KEY.token)
    frame = radio.sealer.seal(air.sighting_record(1))
    bits = data.draw(st.sets(st.integers(0, 8 * len(frame) - 1), min_size=1, max_size=4))
    altered = bytearray(frame)
    for bit in bits:
        altered[bit // 8] ^= 1 << bit % 8
    with brief_folder() as folder, Store(Path(folder)) as store:
        store.enrol("ridge-2", STATION.token)
        for forged in (bytes(altered), frame[: data.draw(st.integers(0, len(frame) - 1))]):
            with pytest.raises(FrameRefused):
                take(store, forged)
        assert store.views.stations()[0].last_seen is None
        assert take(store, frame).is_new


def test_a_frame_is_refused_for_ever_once_it_was_taken(tmp_path: Path) -> None:
    radio = RadioStation(STATION, KEY.token)
    frame = radio.sealer.seal(air.sighting_record(1))
    with Store(tmp_path) as store:
        store.enrol("ridge-2", STATION.token)
        take(store, frame)
    with Store(tmp_path) as store, pytest.raises(FrameRefused) as refused:
        take(store, frame)
    assert refused.value.reason is Reason.REPLAYED


def test_a_frame_whose_content_cannot_be_stored_is_not_spent(store: Store, tmp_path: Path) -> None:
    frame = RadioStation(STATION, KEY.token).sealer.seal(air.sighting_record(1))
    elsewhere = sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None)
    elsewhere.execute("ALTER TABLE radio_sightings RENAME TO away")
    with pytest.raises(StoreError):
        take(store, frame)
    elsewhere.execute("ALTER TABLE away RENAME TO radio_sightings")
    elsewhere.close()
    assert take(store, frame).is_new


def test_frames_may_overtake_each_other(store: Store) -> None:
    radio = RadioStation(STATION, KEY.token)
    frames = [radio.sealer.seal(air.sighting_record(number)) for number in range(1, 6)]
    for frame in reversed(frames):
        assert take(store, frame).is_new
    assert len(news(store)) == 5


def test_a_station_with_another_name_or_key_cannot_speak_for_it(store: Store) -> None:
    other_name = RadioStation(STATION, KEY.token, "ridge-3")
    other_key = RadioStation(StationKey.generate(), KEY.token)
    other_basecamp = RadioStation(STATION, BasecampKey.generate().token)
    for stranger in (other_name, other_key, other_basecamp):
        with pytest.raises(FrameRefused):
            take(store, stranger.sealer.seal(air.sighting_record(1)))
    with pytest.raises(NotEnrolled):
        store.radio_inbox(KEY).take("ridge-9", b"frame")


def test_a_new_key_begins_with_new_counters(store: Store) -> None:
    take(store, RadioStation(STATION, KEY.token).sealer.seal(air.heartbeat_record(1)))
    exchanged = StationKey.generate()
    store.enrol("ridge-2", exchanged.token, replace=True)
    assert take(
        store, RadioStation(exchanged, KEY.token).sealer.seal(air.sighting_record(1))
    ).is_new


def test_a_beacon_is_found_by_its_counter_and_taken_once(store: Store) -> None:
    radio = RadioStation(STATION, KEY.token)
    for _ in range(300):
        radio.sealer.seal(b"lost on the way")
    beacon = radio.sealer.beacon(air.BEACON)
    assert take(store, beacon).record.content == air.BEACON
    with pytest.raises(FrameRefused):
        take(store, beacon)


def test_a_record_of_a_later_version_is_kept_shown_and_given_a_number(store: Store) -> None:
    radio = RadioStation(STATION, KEY.token)
    later = bytes((0x1F,)) + (77).to_bytes(3, "big") + b"what comes"
    heard = take(store, radio.sealer.seal(later))
    assert isinstance(heard.record.content, Unreadable)
    assert heard.record.sequence == 77
    (unread,) = store.views.unread(10)
    assert "version 15" in unread.reason
    assert not take(store, radio.sealer.seal(later)).is_new
    assert store.radio_inbox(KEY).reread() == 0


@pytest.mark.parametrize("sent_again", ["before", "after"])
def test_a_record_that_this_version_can_read_is_filed_once_when_it_starts(
    store: Store, tmp_path: Path, sent_again: str
) -> None:
    radio = RadioStation(STATION, KEY.token)
    record = air.sighting_record(1)
    take(store, radio.sealer.seal(bytes((0x1F,)) + record[1:]))
    # As if a version that did not know the layout had set it aside.
    elsewhere = sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None)
    elsewhere.execute("UPDATE radio_unread SET record = ?", (record,))
    elsewhere.close()
    if sent_again == "before":
        take(store, radio.sealer.seal(record))
    assert store.radio_inbox(KEY).reread() == 1
    if sent_again == "after":
        take(store, radio.sealer.seal(record))
    assert news(store) == [air.radio_sighting(1).reference.hex()]
    assert store.views.unread(10) == []
    assert store.radio_inbox(KEY).reread() == 0


def test_a_fragment_that_nobody_asked_for_is_let_go_of(store: Store) -> None:
    radio = RadioStation(STATION, KEY.token)
    name = CropName(reference_of(samples.burst_id(1)), 0)
    (fragment, *_) = fragments_of(bytes(40), name, payload_bytes=242)
    heard = take(store, radio.sealer.seal(fragment))
    assert heard.record.sequence is None
    assert not heard.is_new
    assert store.views.unread(10) == []


def test_a_fragment_that_cannot_be_read_bears_no_number(store: Store) -> None:
    """What stands in place of a number is none: to acknowledge it would lose a sighting."""
    heard = take(store, RadioStation(STATION, KEY.token).sealer.seal(b"\x30\x00\x00\x01damaged"))
    assert heard.record.sequence is None
    assert len(store.views.unread(10)) == 1


def test_the_same_reference_at_another_time_is_another_sighting(store: Store) -> None:
    radio = RadioStation(STATION, KEY.token)
    first = air.radio_sighting(1)
    second = replace(first, sequence=2, moment=samples.NOON)
    for one in (first, second):
        assert take(store, radio.sealer.seal(encode_radio_sighting(one))).is_new
    store.put(full(1))
    assert len(store.views.news(10)) == 2


def test_a_record_by_uptime_merges_with_its_full_record_by_reference(store: Store) -> None:
    radio = RadioStation(STATION, KEY.token)
    unset = samples.sighting(1, clock=ClockQuality.UNSET)
    record = encode_radio_sighting(condensed(unset, 1, uptime=Uptime(3, 7000)))
    take(store, radio.sealer.seal(record))
    store.put(full(1, clock=ClockQuality.UNSET))
    assert news(store) == [samples.burst_id(1)]


def test_a_switching_on_of_another_spool_gives_no_time(store: Store) -> None:
    """The count of switchings-on begins anew with a spool, and its key id tells the spool."""
    before = RadioStation(STATION, KEY.token, key_id=8)
    take(store, before.sealer.seal(air.heartbeat_record(1, boot=3)))
    unset = samples.sighting(1, clock=ClockQuality.UNSET)
    record = encode_radio_sighting(condensed(unset, 1, uptime=Uptime(3, 7000)))
    take(store, RadioStation(STATION, KEY.token).sealer.seal(record))
    (view,) = store.views.news(10)
    assert isinstance(view, RadioSightingView)
    assert view.captured_at is None


def test_the_card_shows_the_later_heartbeat_whichever_way_it_came(store: Store) -> None:
    radio = RadioStation(STATION, KEY.token)
    take(store, radio.sealer.seal(air.heartbeat_record(100)))
    wide = samples.heartbeat_message(1)
    body = encode_message(wide)
    store.put(read_body(body, "ridge-2", KEY.unseal, len(body)))
    (station,) = store.views.stations()
    assert station.radio is not None
    take(store, radio.sealer.seal(air.heartbeat_record(2)))  # older, and late
    assert store.views.stations()[0].heartbeat == station.heartbeat
    wide = samples.heartbeat_message(100)
    body = encode_message(wide)
    store.put(read_body(body, "ridge-2", KEY.unseal, len(body)))
    assert store.views.stations()[0].radio is None


def test_a_device_belongs_to_one_station_until_it_is_moved(store: Store) -> None:
    store.enrol("ridge-3", StationKey.generate().token)
    store.devices.assign(air.DEV_EUI, "ridge-2")
    store.devices.assign(air.DEV_EUI, "ridge-2")
    with pytest.raises(AlreadyEnrolled, match="ridge-2"):
        store.devices.assign(air.DEV_EUI, "ridge-3")
    store.devices.assign(air.DEV_EUI, "ridge-3", replace=True)
    assert store.devices.station_of(air.DEV_EUI) == "ridge-3"
    with pytest.raises(NotEnrolled, match="enrol ridge-4"):
        store.devices.assign(air.DEV_EUI, "ridge-4")
    assert parse_eui("70:B3:D5:7E-D0 06 00 01") == air.DEV_EUI


def test_crops_of_the_version_before_are_found_by_radio_sightings(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None)
    for step in _STEPS[:2]:
        step(connection)
    connection.execute("PRAGMA user_version = 2")
    station = ("ridge-2", bytes(STATION.token.verify))
    connection.execute("INSERT INTO stations VALUES (?, ?, 0, NULL)", station)
    connection.execute("INSERT INTO items VALUES (1, 'ridge-2', x'00', 'crop', 0, 9)")
    connection.execute("INSERT INTO media VALUES ('ab', 'image/webp', 9)")
    connection.execute(
        "INSERT INTO crops VALUES (1, 'ridge-2', ?, 'flank', 'left', 0, 'ab')",
        (samples.burst_id(1),),
    )
    connection.close()
    with Store(tmp_path) as store:
        take(store, RadioStation(STATION, KEY.token).sealer.seal(air.sighting_record(1)))
        (view,) = store.views.news(10)
        assert [picture.sha256 for picture in view.pictures] == ["ab"]


def test_a_folder_of_the_first_version_is_taken_over_with_its_sightings(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None)
    _STEPS[0](connection)
    connection.execute("PRAGMA user_version = 1")
    payload = full(1).payload
    station = ("ridge-2", bytes(STATION.token.verify))
    connection.execute("INSERT INTO stations VALUES (?, ?, 0, NULL)", station)
    connection.execute("INSERT INTO items VALUES (1, 'ridge-2', x'00', 'sighting', 0, 9)")
    captured = samples.sighting(1).captured_at.timestamp() * 1000
    connection.execute(
        "INSERT INTO sightings VALUES (1, 'ridge-2', ?, ?, ?)",
        (samples.burst_id(1), int(captured), payload),
    )
    connection.close()
    with Store(tmp_path) as store:
        frame = RadioStation(STATION, KEY.token).sealer.seal(air.sighting_record(1))
        assert not take(store, frame).is_new
        assert news(store) == [samples.burst_id(1)]
    database = Database(tmp_path / DATABASE_NAME)
    assert database.read("PRAGMA user_version") == [(SCHEMA_VERSION,)]
    database.close()
