"""A folder of an earlier version is taken over whole, and in a time that grows with it only."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

from edge.wire.air.reference import reference_of
from tools.basecamp.database import _STEPS, SCHEMA_VERSION, Database
from tools.basecamp.errors import StoreError
from tools.basecamp.radio_crops_schema import add_radio_crops

STATIONS = ("ridge-1", "ridge-2")


def burst(number: int) -> str:
    return hashlib.blake2b(bytes((number % 256, number // 256)), digest_size=16).hexdigest()


def fill(connection: sqlite3.Connection, bursts: int) -> None:
    """A sighting and two crops of each burst, in the tables that the first version has."""
    for station in STATIONS:
        connection.execute("INSERT INTO stations VALUES (?, x'00', 0, NULL)", (station,))
    connection.execute("INSERT INTO media VALUES ('ab', 'image/webp', 9)")
    for number in range(bursts):
        station = STATIONS[number % 2]
        for place, kind in enumerate(("sighting", "crop", "crop")):
            item = 3 * number + place + 1
            connection.execute(
                "INSERT INTO items (seq, station, item_id, kind, received_ms, size_bytes)"
                " VALUES (?, ?, ?, ?, 7, 9)",
                (item, station, item.to_bytes(16, "big"), kind),
            )
            if kind == "sighting":
                connection.execute(
                    "INSERT INTO sightings (item, station, burst_id, captured_ms, payload)"
                    " VALUES (?, ?, ?, 5, x'01')",
                    (item, station, burst(number)),
                )
            else:
                connection.execute(
                    "INSERT INTO crops (item, station, burst_id, part, side, frame_index, sha256)"
                    " VALUES (?, ?, ?, 'flank', 'left', ?, 'ab')",
                    (item, station, burst(number), place),
                )


def folder_of(version: int, path: Path, bursts: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    _STEPS[0](connection)
    fill(connection, bursts)
    for step in _STEPS[1:version]:
        step(connection)
    if version > 1:
        connection.execute(
            "INSERT INTO radio_numbers (station, fingerprint, key_id, sequence)"
            " VALUES ('ridge-1', x'aa', 0, 9)"
        )
        connection.execute("INSERT INTO radio_channels VALUES ('ridge-1', x'aa', x'01', 77)")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_every_row_of_an_earlier_version_is_there_and_names_its_burst(
    version: int, tmp_path: Path
) -> None:
    path = tmp_path / "basecamp.sqlite"
    folder_of(version, path, bursts=7)
    database = Database(path)
    assert database.read("PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert database.read("PRAGMA foreign_key_check") == []
    assert database.read("PRAGMA integrity_check") == [("ok",)]
    assert database.read("SELECT count(*), sum(by_radio) FROM items") == [(21, 0)]
    for table, each in (("sightings", 1), ("crops", 2)):
        rows = database.read(f"SELECT burst_id, reference FROM {table} ORDER BY item")
        assert [name for name, _ in rows] == [burst(i) for i in range(7) for _ in range(each)]
        assert all(reference == reference_of(name) for name, reference in rows)
    if version > 1:
        assert database.read("SELECT down_counter FROM radio_channels") == [(77,)]
        assert database.read("SELECT sequence, awaited FROM radio_numbers") == [(9, 1)]
    database.close()


def test_an_update_that_fails_leaves_the_version_before(tmp_path: Path) -> None:
    path = tmp_path / "basecamp.sqlite"
    folder_of(2, path, bursts=3)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("CREATE TABLE radio_crops (in_the_way)")
    before = list(connection.iterdump())
    with pytest.raises(StoreError, match="radio_crops"):
        Database(path).close()
    assert list(connection.iterdump()) == before
    connection.close()


def test_twice_the_crops_take_no_more_than_twice_the_work() -> None:
    small, large = _work(300), _work(600)
    assert large < 2.5 * small


def _work(bursts: int) -> int:
    """In hundreds of steps of SQLite's machine."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for step in _STEPS[:2]:
        step(connection)
    fill(connection, bursts)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 100)
    add_radio_crops(connection)
    connection.close()
    return steps
