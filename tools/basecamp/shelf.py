"""Where an item's content stands: pictures and evidence in files, all else in tables.

Files are written first, then one transaction makes the item known. A crash between the two leaves
a file that nothing names yet; the item comes again and finds it.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from edge.records import Burst, Heartbeat, Sighting
from edge.times import to_epoch_ms
from edge.wire.air.reference import reference_of
from edge.wire.crop import CropMessage
from tools.basecamp.content import Evidence, Received, Unreadable
from tools.basecamp.files import ContentFiles
from tools.basecamp.pictures import SUFFIXES, media_type_of
from tools.basecamp.radio_merge import insert_full
from tools.basecamp.radio_wishes import crop_is_here, enough_of_burst

EVIDENCE_SUFFIX = ".burst"


class Shelf:
    """The folders ``media/`` and ``evidence/`` of a data folder, and the tables beside them.

    Safe to share between threads, each with the transaction that it is in.
    """

    def __init__(self, folder: Path) -> None:
        self._media = ContentFiles(folder / "media")
        self._evidence = ContentFiles(folder / "evidence")

    def write(self, received: Received) -> list[str]:
        """Keep the item's pictures (for evidence, the sealed file first) durably; their SHA-256 in
        that order, for `shelve`. Raises StoreError."""
        match received.content:
            case CropMessage(data=data):
                return [self._put_picture(data)]
            case Evidence(sealed=sealed, burst=burst):
                sealed_sha256 = self._evidence.put(sealed, EVIDENCE_SUFFIX)
                return [sealed_sha256, *(self._put_picture(frame.data) for frame in burst.frames)]
            case _:
                return []

    def media_path(self, sha256: str, media_type: str) -> Path:
        """Where a picture that was written lies."""
        return self._media.path(sha256, SUFFIXES[media_type])

    def remove_partial(self) -> None:
        """Remove what an interrupted write left."""
        self._media.remove_partial()
        self._evidence.remove_partial()

    def _put_picture(self, data: bytes) -> str:
        return self._media.put(data, SUFFIXES[media_type_of(data)])


def shelve(
    connection: sqlite3.Connection,
    received: Received,
    files: list[str],
    *,
    by_radio: bool = False,
) -> bool:
    """Make the item known within the caller's transaction; False when it was there already.

    A crop that came ``by_radio`` may be a smaller picture than the station's own. It gives way to
    what comes under its id over another link.
    """
    item = _insert_item(connection, received, by_radio)
    if item is None and not by_radio:
        item = _taken_place_of(connection, received)
    if item is None:
        return False
    insert_content(connection, item, received, files)
    return True


def _insert_item(connection: sqlite3.Connection, received: Received, by_radio: bool) -> int | None:
    """The new row's number, or None when the item is known."""
    cursor = connection.execute(
        "INSERT INTO items (station, item_id, kind, received_ms, size_bytes, by_radio)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (station, item_id) DO NOTHING",
        (
            received.station,
            received.item_id,
            received.kind,
            now_ms(),
            received.size_bytes,
            by_radio,
        ),
    )
    return cursor.lastrowid if cursor.rowcount else None


def _taken_place_of(connection: sqlite3.Connection, received: Received) -> int | None:
    """The row of the item that came by radio and now comes in full, emptied; None for any other.

    What cannot be read, or not yet, takes no picture away: both stand under its number then.
    """
    found = connection.execute(
        "UPDATE items SET kind = ?, size_bytes = size_bytes + ?, by_radio = 0"
        " WHERE station = ? AND item_id = ? AND by_radio RETURNING seq",
        (received.kind, received.size_bytes, received.station, received.item_id),
    ).fetchall()
    for (item,) in found:
        if not isinstance(received.content, Unreadable):
            connection.execute("DELETE FROM crops WHERE item = ?", (item,))
        connection.execute("DELETE FROM quarantine WHERE item = ?", (item,))
        return int(item)
    return None


def insert_content(
    connection: sqlite3.Connection, item: int, received: Received, files: list[str]
) -> None:
    """What stands in the row ``item``, in the table of its kind."""
    station = received.station
    match received.content:
        case Sighting() as sighting:
            captured_ms = to_epoch_ms(sighting.captured_at)
            insert_full(connection, item, sighting, captured_ms, received.payload)
            enough_of_burst(connection, station, reference_of(sighting.burst_id))
        case Heartbeat() as heartbeat:
            connection.execute(
                "INSERT INTO heartbeats VALUES (?, ?, ?, ?)",
                (item, station, to_epoch_ms(heartbeat.sent_at), received.payload),
            )
        case CropMessage() as crop:
            reference = reference_of(crop.burst_id)
            _insert_crop(connection, item, station, crop, reference, files[0])
            crop_is_here(connection, station, reference, crop.burst_id, received.item_id)
        case Evidence(burst=burst):
            _insert_evidence(connection, item, station, burst, files)
        case Unreadable(reason=reason):
            connection.execute(
                "INSERT INTO quarantine VALUES (?, ?, ?)", (item, reason, received.body)
            )


def _insert_crop(
    connection: sqlite3.Connection,
    item: int,
    station: str,
    crop: CropMessage,
    reference: bytes,
    sha256: str,
) -> None:
    _insert_media(connection, sha256, crop.data)
    connection.execute(
        "INSERT OR REPLACE INTO crops"
        " (item, station, burst_id, part, side, frame_index, sha256, reference)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            item,
            station,
            crop.burst_id,
            crop.ref.part.value,
            crop.ref.side.value,
            crop.ref.frame_index,
            sha256,
            reference,
        ),
    )


def _insert_evidence(
    connection: sqlite3.Connection, item: int, station: str, burst: Burst, files: list[str]
) -> None:
    connection.execute(
        "INSERT INTO evidence VALUES (?, ?, ?, ?, ?)",
        (item, station, burst.burst_id, to_epoch_ms(burst.captured_at), files[0]),
    )
    for index, (frame, sha256) in enumerate(zip(burst.frames, files[1:], strict=True)):
        _insert_media(connection, sha256, frame.data)
        connection.execute(
            "INSERT INTO frames VALUES (?, ?, ?, ?)",
            (item, index, to_epoch_ms(frame.captured_at), sha256),
        )


def _insert_media(connection: sqlite3.Connection, sha256: str, data: bytes) -> None:
    connection.execute(
        "INSERT INTO media VALUES (?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
        (sha256, media_type_of(data), len(data)),
    )


def now_ms() -> int:
    """As received times are stored."""
    return to_epoch_ms(datetime.now(UTC))
