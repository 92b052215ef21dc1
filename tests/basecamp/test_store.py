"""The store keeps every item exactly once, whatever the order in which items come."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.records import Part
from edge.security.keys import BasecampKey, StationKey
from edge.wire.message import Message, encode_message
from tools.basecamp.content import Received, read_body
from tools.basecamp.errors import AlreadyEnrolled, NotEnrolled, StoreError
from tools.basecamp.service import KEY_NAME
from tools.basecamp.store import DATABASE_NAME, Store

from . import samples

KEY = BasecampKey.generate()
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def received(message: Message) -> Received:
    body = encode_message(message)
    return read_body(body, message.station, KEY.unseal, size_bytes=len(body) + 113)


def season() -> list[Message]:
    """Two bursts with crops, heartbeats, evidence, and an item of a later version."""
    flank, head = samples.crop(10), samples.crop(200, Part.HEAD)
    frames = samples.picture(1, "image/jpeg"), b"not a picture", b""
    later = samples.sighting_message(samples.sighting(9))
    return [
        samples.sighting_message(samples.sighting(1, flank, head)),
        samples.crop_message(1, flank),
        samples.crop_message(1, head),
        samples.sighting_message(samples.sighting(2, flank)),
        samples.crop_message(2, flank),
        samples.heartbeat_message(1),
        samples.heartbeat_message(2, alarms=("the card is nearly full",)),
        samples.evidence_message(samples.burst(5, *frames), KEY),
        replace(later, payload=b"\xa1\x00\x18\x63"),
    ]


SEASON = season()


def state(store: Store) -> object:
    """All that the store shows, without the times and the order of arrival."""
    views = store.views
    sightings = [replace(v, received_at=LONG_AGO) for v in views.sightings(100)]
    stations = [replace(v, enrolled_at=LONG_AGO, last_seen=None) for v in views.stations()]
    evidence = [replace(v, received_at=LONG_AGO) for v in views.evidence(100)]
    unread = [replace(v, received_at=LONG_AGO) for v in views.unread(100)]
    return sorted(sightings, key=repr), stations, evidence, unread


def fill(folder: Path, messages: list[Message]) -> tuple[object, list[bool], set[str]]:
    with Store(folder) as store:
        store.enrol("ridge-2", StationKey.generate().token)
        news = [store.put(received(message)) for message in messages]
        files = {path.name for path in folder.glob("*/??/*")}
        return state(store), news, files


@settings(max_examples=15, deadline=None)
@given(st.permutations(SEASON), st.lists(st.sampled_from(SEASON), max_size=6), st.randoms())
def test_any_order_and_repetition_of_messages_gives_the_same_store(
    order: list[Message], repeated: list[Message], chance: random.Random
) -> None:
    messages = order + repeated
    chance.shuffle(messages)
    with tempfile.TemporaryDirectory() as folder:
        plain, _, plain_files = fill(Path(folder, "plain"), SEASON)
        mixed, news, mixed_files = fill(Path(folder, "mixed"), messages)
    assert mixed == plain
    assert mixed_files == plain_files
    assert sum(news) == len(SEASON)


def test_a_crop_that_comes_first_is_shown_once_its_sighting_is_there(tmp_path: Path) -> None:
    crop = samples.crop()
    with Store(tmp_path) as store:
        store.enrol("ridge-2", StationKey.generate().token)
        store.put(received(samples.crop_message(1, crop)))
        assert store.views.sightings(10) == []
        assert store.views.stations()[0].early_crops == 1
        store.put(received(samples.sighting_message(samples.sighting(1, crop))))
        (view,) = store.views.sightings(10)
        assert len(view.pictures) == 1
        assert view.awaited == ()
        assert store.views.stations()[0].early_crops == 0


def test_the_same_picture_in_two_bursts_is_one_file(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.enrol("ridge-2", StationKey.generate().token)
        for number in (1, 2):
            store.put(received(samples.crop_message(number, samples.crop())))
    assert len(list(tmp_path.glob("media/??/*"))) == 1


def test_a_picture_is_typed_by_its_bytes_and_not_by_its_sender(tmp_path: Path) -> None:
    called_webp = replace(samples.crop(), data=samples.picture(3, "image/jpeg"))
    with Store(tmp_path) as store:
        store.enrol("ridge-2", StationKey.generate().token)
        store.put(received(samples.crop_message(1, called_webp)))
    (file,) = tmp_path.glob("media/??/*")
    assert file.suffix == ".jpg"


def test_what_a_station_calls_a_picture_and_is_none_is_set_aside(tmp_path: Path) -> None:
    script = replace(samples.crop(), data=b"<script>alert(1)</script>")
    with Store(tmp_path) as store:
        store.enrol("ridge-2", StationKey.generate().token)
        store.put(received(samples.crop_message(1, script)))
        (item,) = store.views.unread(10)
    assert "no picture" in item.reason
    assert not list(tmp_path.glob("media/??/*"))


def test_an_item_set_aside_is_filed_once_it_can_be_read(tmp_path: Path) -> None:
    message = samples.sighting_message(samples.sighting(1))
    other_key = BasecampKey.generate()
    evidence = samples.evidence_message(samples.burst(5, samples.picture(1)), other_key)
    with Store(tmp_path) as store:
        store.enrol("ridge-2", StationKey.generate().token)
        store.put(received(message))
        store.put(received(evidence))
        assert len(store.views.unread(10)) == 1

        def read(body: bytes, station: str, size_bytes: int) -> Received:
            return read_body(body, station, other_key.unseal, size_bytes)

        assert store.reread_quarantine(read) == 1
        assert store.reread_quarantine(read) == 0
        assert store.views.unread(10) == []
        assert len(store.views.evidence(10)) == 1


def test_the_heartbeat_shown_is_the_latest_sent_and_not_the_latest_come(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.enrol("ridge-2", StationKey.generate().token)
        for number in (2, 1):
            store.put(received(samples.heartbeat_message(number, outbox_items=number)))
        heartbeat = store.views.stations()[0].heartbeat
    assert heartbeat is not None
    assert heartbeat.outbox_items == 2


def test_another_key_for_an_enrolled_station_needs_replace(tmp_path: Path) -> None:
    old, new = StationKey.generate().token, StationKey.generate().token
    with Store(tmp_path) as store:
        store.enrol("ridge-2", old)
        store.enrol("ridge-2", old)
        with pytest.raises(AlreadyEnrolled, match="--replace"):
            store.enrol("ridge-2", new)
        assert store.verify_key("ridge-2") == old.verify
        store.enrol("ridge-2", new, replace=True)
        assert store.verify_key("ridge-2") == new.verify
        with pytest.raises(NotEnrolled, match="ridge-3"):
            store.verify_key("ridge-3")


def test_a_folder_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    Store(tmp_path).close()
    connection = sqlite3.connect(tmp_path / DATABASE_NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="schema 99"):
        Store(tmp_path)


def test_a_record_that_no_longer_decodes_does_not_hide_the_others(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.enrol("ridge-2", StationKey.generate().token)
        for number in (1, 2):
            store.put(received(samples.sighting_message(samples.sighting(number))))
        connection = sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None)
        connection.execute("UPDATE sightings SET payload = x'a0' WHERE item = 1")
        connection.close()
        (view,) = store.views.sightings(10)
        assert view.sighting.burst_id == samples.burst_id(2)


def test_the_data_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    with Store(tmp_path / "data") as store:
        store.enrol("ridge-2", StationKey.generate().token)
        store.put(received(samples.crop_message(1, samples.crop())))
    KEY.save(tmp_path / "data" / KEY_NAME)
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    (picture,) = (tmp_path / "data").glob("media/??/*")
    assert picture.stat().st_mode & 0o077 == 0


def test_whoever_looks_through_the_store_keeps_no_station_waiting(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.enrol("ridge-2", StationKey.generate().token)
        with store.views._database.snapshot() as looking:
            before = looking.execute("SELECT count(*) FROM items").fetchone()
            assert store.put(received(SEASON[0]))
            assert looking.execute("SELECT count(*) FROM items").fetchone() == before
        assert len(store.views.sightings(10)) == 1
