"""Several records in one packet: each is stored once, or all are kept as they came."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.air.pack import packed
from tools.basecamp.errors import StoreError
from tools.basecamp.radio_content import read_records
from tools.basecamp.store import DATABASE_NAME, Store

from . import lorawan as air
from .inbox import KEY, STATION, news, store, take
from .lorawan import RadioStation

__all__ = ["store"]  # fixtures


def test_each_record_of_a_pack_is_stored_and_has_its_own_number(store: Store) -> None:
    radio = RadioStation(STATION, KEY.token)
    records = [air.sighting_record(number, 10 + number) for number in (1, 2, 3)]
    records.insert(1, air.heartbeat_record(900))
    frame = radio.sealer.seal(packed(records))
    heard = take(store, frame)
    assert [one.record.sequence for one in heard.filed] == [11, 900, 12, 13]
    assert all(one.is_new for one in heard.filed)
    assert len(news(store)) == 3
    (station,) = store.views.stations()
    assert station.radio is not None
    assert station.received_bytes == len(frame)
    answer = store.radio_answers().due(heard.keys, heard.key_id)
    assert answer is not None
    radio.hear(answer)
    assert {11, 12, 13} <= radio.acknowledged


def test_a_record_that_came_alone_and_in_a_pack_is_stored_once(store: Store) -> None:
    radio = RadioStation(STATION, KEY.token)
    records = [air.sighting_record(number) for number in (1, 2)]
    take(store, radio.sealer.seal(records[1]))
    heard = take(store, radio.sealer.seal(packed(records)))
    assert [one.is_new for one in heard.filed] == [True, False]
    assert heard.is_new
    assert not take(store, radio.sealer.seal(packed(records))).is_new
    assert len(news(store)) == 2


@pytest.mark.parametrize(
    "bad",
    [
        b"\x1f\x00\x00\x4dof a later version",
        b"\x71\x00\x00\x4dof another kind",
        b"\x11\x00\x00\x4dcut short",
    ],
)
def test_a_record_of_a_pack_that_cannot_be_read_is_kept_and_the_others_are_stored(
    store: Store, bad: bytes
) -> None:
    radio = RadioStation(STATION, KEY.token)
    records = [air.sighting_record(1), bad, air.sighting_record(2)]
    heard = take(store, radio.sealer.seal(packed(records)))
    assert [one.record.sequence for one in heard.filed] == [1, 77, 2]
    assert len(news(store)) == 2
    assert len(store.views.unread(10)) == 1


def test_a_pack_that_is_stored_in_part_is_stored_in_no_part(store: Store, tmp_path: Path) -> None:
    radio = RadioStation(STATION, KEY.token)
    frame = radio.sealer.seal(packed([air.sighting_record(1), air.heartbeat_record(2)]))
    elsewhere = sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None)
    elsewhere.execute("ALTER TABLE radio_heartbeats RENAME TO away")
    with pytest.raises(StoreError):
        take(store, frame)
    assert news(store) == []
    elsewhere.execute("ALTER TABLE away RENAME TO radio_heartbeats")
    elsewhere.close()
    assert [one.is_new for one in take(store, frame).filed] == [True, True]


def test_a_pack_of_a_later_version_is_kept_whole_and_filed_by_one_that_knows_it(
    store: Store, tmp_path: Path
) -> None:
    radio = RadioStation(STATION, KEY.token)
    pack = packed([air.sighting_record(number) for number in (1, 2, 3)])
    heard = take(store, radio.sealer.seal(b"\x42" + pack[1:]))
    assert [one.record.sequence for one in heard.filed] == [1]
    assert len(store.views.unread(10)) == 1
    assert store.radio_inbox(KEY).reread() == 0
    take(store, radio.sealer.seal(air.sighting_record(2)))  # as the station does meanwhile
    with sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None) as elsewhere:
        elsewhere.execute("UPDATE radio_unread SET record = ?", (pack,))
    elsewhere.close()
    assert store.radio_inbox(KEY).reread() == 1
    assert len(news(store)) == 3
    assert store.views.unread(10) == []


@given(st.binary(max_size=340) | st.lists(st.binary(min_size=4, max_size=39), max_size=9))
def test_whatever_a_station_seals_is_read_or_kept_as_it_is(made: bytes | list[bytes]) -> None:
    whole = made if isinstance(made, bytes) else packed(made or [bytes(4)])
    records = read_records(whole)
    assert records
    assert all(one.record in whole for one in records)
    numbers = [one.sequence for one in records if one.record[:1] >= b"\x40"]
    assert all(number is not None for number in numbers) or len(whole) < 4
