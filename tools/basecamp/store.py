"""What basecamp keeps: every item exactly once, and durable when ``put`` returns.

Pictures and evidence go to files first, then one transaction makes the item known. A crash
between the two leaves a file that nothing names yet; the item comes again and finds it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from nacl.signing import VerifyKey

from edge.records import Burst, Heartbeat, Sighting
from edge.security.keys import BasecampKey, StationToken
from edge.times import to_epoch_ms
from edge.wire.crop import CropMessage
from tools.basecamp.content import Evidence, Received, Unreadable
from tools.basecamp.database import Database
from tools.basecamp.errors import AlreadyEnrolled, NotEnrolled, StoreError
from tools.basecamp.files import ContentFiles
from tools.basecamp.pictures import SUFFIXES, media_type_of
from tools.basecamp.radio_answers import RadioAnswers
from tools.basecamp.radio_devices import RadioDevices
from tools.basecamp.radio_inbox import RadioInbox
from tools.basecamp.radio_merge import insert_full
from tools.basecamp.views import Views

DATABASE_NAME = "basecamp.sqlite"
EVIDENCE_SUFFIX = ".burst"

Reader = Callable[[bytes, str, int], Received]
"""Reads a verified body: (body, station, size on air in bytes)."""


class Store:
    """One data folder: a database, ``media/`` and ``evidence/``. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder}: cannot be made: {error.strerror or error}") from error
        self._database = Database(folder / DATABASE_NAME)
        self._media = ContentFiles(folder / "media")
        self._evidence = ContentFiles(folder / "evidence")
        self.views = Views(self._database)
        self.devices = RadioDevices(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def radio_inbox(self, key: BasecampKey) -> RadioInbox:
        """What takes radio frames; ``key`` opens them."""
        return RadioInbox(self._database, key)

    def radio_answers(self, daily_limit: int | None = None) -> RadioAnswers:
        """What acknowledges them."""
        return RadioAnswers(self._database, daily_limit)

    def enrol(self, station: str, token: StationToken, *, replace: bool = False) -> None:
        """Trust ``token`` for ``station``. Raises AlreadyEnrolled when it has another key."""
        key = bytes(token.verify)
        with self._database.transaction() as connection:
            found = connection.execute(
                "SELECT verify_key FROM stations WHERE id = ?", (station,)
            ).fetchone()
            if found is not None and found[0] != key and not replace:
                raise AlreadyEnrolled(
                    f"{station} is enrolled with another key; if its hardware or key was"
                    " exchanged, enrol it with --replace"
                )
            connection.execute(
                "INSERT INTO stations (id, verify_key, enrolled_ms) VALUES (?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET verify_key = excluded.verify_key",
                (station, key, _now_ms()),
            )

    def verify_key(self, station: str) -> VerifyKey:
        """The key that must have signed what ``station`` sends. Raises NotEnrolled."""
        rows = self._database.read("SELECT verify_key FROM stations WHERE id = ?", (station,))
        if not rows:
            raise NotEnrolled(f"station {station} is not enrolled")
        return VerifyKey(rows[0][0])

    def put(self, received: Received) -> bool:
        """Keep one item durably; False when it was there already. Raises StoreError."""
        files = self._write_files(received)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE stations SET last_seen_ms = ? WHERE id = ?", (_now_ms(), received.station)
            )
            item = _insert_item(connection, received)
            if item is None:
                return False
            _insert_content(connection, item, received, files)
        return True

    def reread_quarantine(self, read: Reader) -> int:
        """File what an earlier version could not read and this one can; how many items."""
        understood = 0
        for (item,) in self._database.read("SELECT item FROM quarantine"):
            ((body, station, size_bytes),) = self._database.read(
                "SELECT body, station, size_bytes FROM quarantine JOIN items ON seq = item"
                " WHERE item = ?",
                (item,),
            )
            received = read(body, station, size_bytes)
            if isinstance(received.content, Unreadable):
                continue
            files = self._write_files(received)
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM quarantine WHERE item = ?", (item,))
                connection.execute("UPDATE items SET kind = ? WHERE seq = ?", (received.kind, item))
                _insert_content(connection, item, received, files)
            understood += 1
        return understood

    def remove_partial(self) -> None:
        """Remove what an interrupted write left. Only for the one process that writes."""
        self._media.remove_partial()
        self._evidence.remove_partial()

    def media_path(self, sha256: str) -> tuple[Path, str] | None:
        """File and media type of a stored picture, or None."""
        rows = self._database.read("SELECT media_type FROM media WHERE sha256 = ?", (sha256,))
        if not rows:
            return None
        media_type: str = rows[0][0]
        return self._media.path(sha256, SUFFIXES[media_type]), media_type

    def _write_files(self, received: Received) -> list[str]:
        """The item's pictures in order (for evidence, the sealed file first), as SHA-256."""
        match received.content:
            case CropMessage(data=data):
                return [self._put_picture(data)]
            case Evidence(sealed=sealed, burst=burst):
                sealed_sha256 = self._evidence.put(sealed, EVIDENCE_SUFFIX)
                return [sealed_sha256, *(self._put_picture(frame.data) for frame in burst.frames)]
            case _:
                return []

    def _put_picture(self, data: bytes) -> str:
        return self._media.put(data, SUFFIXES[media_type_of(data)])


def _insert_item(connection: sqlite3.Connection, received: Received) -> int | None:
    """The new row's number, or None when the item is known."""
    cursor = connection.execute(
        "INSERT INTO items (station, item_id, kind, received_ms, size_bytes)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (station, item_id) DO NOTHING",
        (received.station, received.item_id, received.kind, _now_ms(), received.size_bytes),
    )
    return cursor.lastrowid if cursor.rowcount else None


def _insert_content(
    connection: sqlite3.Connection, item: int, received: Received, files: list[str]
) -> None:
    station = received.station
    match received.content:
        case Sighting() as sighting:
            captured_ms = to_epoch_ms(sighting.captured_at)
            insert_full(connection, item, sighting, captured_ms, received.payload)
        case Heartbeat() as heartbeat:
            connection.execute(
                "INSERT INTO heartbeats VALUES (?, ?, ?, ?)",
                (item, station, to_epoch_ms(heartbeat.sent_at), received.payload),
            )
        case CropMessage() as crop:
            _insert_crop(connection, item, station, crop, files[0])
        case Evidence(burst=burst):
            _insert_evidence(connection, item, station, burst, files)
        case Unreadable(reason=reason):
            connection.execute(
                "INSERT INTO quarantine VALUES (?, ?, ?)", (item, reason, received.body)
            )


def _insert_crop(
    connection: sqlite3.Connection, item: int, station: str, crop: CropMessage, sha256: str
) -> None:
    _insert_media(connection, sha256, crop.data)
    connection.execute(
        "INSERT INTO crops VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            item,
            station,
            crop.burst_id,
            crop.ref.part.value,
            crop.ref.side.value,
            crop.ref.frame_index,
            sha256,
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


def _now_ms() -> int:
    return to_epoch_ms(datetime.now(UTC))
