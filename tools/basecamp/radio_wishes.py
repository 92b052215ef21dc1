"""The list of crops that basecamp wants over radio, and what became of each.

It is the one place that says what is wanted. How far each crop has come is kept apart
(tools.basecamp.radio_crops), so that whoever stores a picture can cross it off here.
"""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from edge.records import ItemKind
from edge.wire.air.fragments import CropName
from edge.wire.message import item_id

MOST_FAILURES = 2
"""A crop that cannot be opened is asked for once more: the station may have been given the right
key since. After that it is left."""


class Wish(StrEnum):
    """What became of a crop that was wanted."""

    WANTED = "wanted"
    HERE = "here"
    """It has come, whichever way."""
    ENOUGH = "enough"
    """Nobody wants it any more."""
    ABSENT = "absent"
    """The station does not have it, or not in a size for radio."""
    SPOILT = "spoilt"
    """It came, more than once, and could not be opened."""


def wish(connection: sqlite3.Connection, station: str, name: CropName, worth: float) -> None:
    """Want a crop. Nothing changes where it was wanted before, or is here."""
    if _is_here(connection, station, name):
        return
    connection.execute(
        "INSERT INTO radio_wishes (station, reference, picture, worth, state)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (station, name.reference, name.picture, worth, Wish.WANTED),
    )


def wish_of_person(
    connection: sqlite3.Connection, station: str, name: CropName, worth: float
) -> bool:
    """Want a crop whatever became of it before; False where it is here."""
    if _is_here(connection, station, name):
        return False
    connection.execute(
        "INSERT INTO radio_wishes (station, reference, picture, worth, state)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (station, reference, picture) DO UPDATE"
        " SET worth = excluded.worth, state = excluded.state, failures = 0",
        (station, name.reference, name.picture, worth, Wish.WANTED),
    )
    return True


def wanted(connection: sqlite3.Connection, station: str, most: int) -> list[tuple[CropName, float]]:
    """At most so many, those worth most first, with their worth."""
    rows = connection.execute(
        "SELECT reference, picture, worth FROM radio_wishes WHERE station = ? AND state = ?"
        " ORDER BY worth DESC, reference, picture LIMIT ?",
        (station, Wish.WANTED, most),
    ).fetchall()
    return [(CropName(reference, picture), worth) for reference, picture, worth in rows]


def state_of(connection: sqlite3.Connection, station: str, name: CropName) -> Wish | None:
    """What became of a crop; None where nobody ever wanted it."""
    row = connection.execute(
        "SELECT state FROM radio_wishes WHERE station = ? AND reference = ? AND picture = ?",
        (station, name.reference, name.picture),
    ).fetchone()
    return None if row is None else Wish(row[0])


def settle(connection: sqlite3.Connection, station: str, name: CropName, became: Wish) -> None:
    """Note what became of a crop; it is not asked for any more."""
    connection.execute(
        "UPDATE radio_wishes SET state = ? WHERE station = ? AND reference = ? AND picture = ?",
        (became, station, name.reference, name.picture),
    )


def failed(connection: sqlite3.Connection, station: str, name: CropName) -> bool:
    """A crop came and could not be opened; whether it is still wanted."""
    connection.execute(
        "UPDATE radio_wishes SET failures = failures + 1,"
        " state = CASE WHEN failures + 1 < ? THEN state ELSE ? END"
        " WHERE station = ? AND reference = ? AND picture = ?",
        (MOST_FAILURES, Wish.SPOILT, station, name.reference, name.picture),
    )
    return state_of(connection, station, name) is Wish.WANTED


def enough(connection: sqlite3.Connection, station: str, name: CropName) -> None:
    """Nobody wants the crop any more."""
    if state_of(connection, station, name) is Wish.WANTED:
        settle(connection, station, name, Wish.ENOUGH)


def enough_of_burst(connection: sqlite3.Connection, station: str, reference: bytes) -> None:
    """The full record of a burst has come over a wider link, and its pictures follow there."""
    connection.execute(
        "UPDATE radio_wishes SET state = ? WHERE station = ? AND reference = ? AND state = ?",
        (Wish.ENOUGH, station, reference, Wish.WANTED),
    )


def crop_is_here(
    connection: sqlite3.Connection, station: str, reference: bytes, burst_id: str, item: bytes
) -> None:
    """A crop is stored as the item with this id: cross it off."""
    rows = connection.execute(
        "SELECT picture FROM radio_wishes WHERE station = ? AND reference = ?",
        (station, reference),
    ).fetchall()
    for (picture,) in rows:
        if item == _id_of(burst_id, picture):
            settle(connection, station, CropName(reference, picture), Wish.HERE)


def _is_here(connection: sqlite3.Connection, station: str, name: CropName) -> bool:
    rows = connection.execute(
        "SELECT burst_id, item_id FROM crops JOIN items ON seq = item"
        " WHERE crops.station = ? AND reference = ?",
        (station, name.reference),
    ).fetchall()
    return any(item == _id_of(burst_id, name.picture) for burst_id, item in rows)


def _id_of(burst_id: str, picture: int) -> bytes:
    """As the station names the crop in its outbox."""
    return item_id(burst_id, ItemKind.CROP, picture)
