"""What basecamp keeps: every item exactly once, and durable when ``put`` returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from nacl.signing import VerifyKey

from edge.security.keys import BasecampKey, StationToken
from edge.wire.air.fragments import CropName
from tools.basecamp.content import Received, Unreadable
from tools.basecamp.database import Database
from tools.basecamp.errors import (
    AlreadyEnrolled,
    AlreadyHere,
    NotEnrolled,
    StoreError,
    UnknownBurst,
)
from tools.basecamp.radio_answers import RadioAnswers
from tools.basecamp.radio_crop_worth import OPERATOR
from tools.basecamp.radio_devices import RadioDevices
from tools.basecamp.radio_inbox import RadioInbox
from tools.basecamp.radio_merge import is_burst
from tools.basecamp.radio_wishes import enough, wish_of_person
from tools.basecamp.shelf import Shelf, insert_content, now_ms, shelve
from tools.basecamp.views import Views

DATABASE_NAME = "basecamp.sqlite"

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
        self._shelf = Shelf(folder)
        # A connection of its own: who looks through years of items keeps no station waiting.
        self._reading = Database(folder / DATABASE_NAME)
        self.views = Views(self._reading)
        self.devices = RadioDevices(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._reading.close()
        self._database.close()

    def radio_inbox(
        self, key: BasecampKey, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> RadioInbox:
        """What takes radio frames; ``key`` opens them, ``now`` says when they come."""
        return RadioInbox(self._database, self._shelf, key, now)

    def radio_answers(self, daily_limit: int | None = None) -> RadioAnswers:
        """What acknowledges them."""
        return RadioAnswers(self._database, daily_limit)

    def want_by_radio(self, station: str, name: CropName, *, wanted: bool) -> None:
        """A person asks for a crop, or not any more. Raises UnknownBurst, and AlreadyHere where it
        has come."""
        with self._database.transaction() as connection:
            if not is_burst(connection, station, name.reference):
                raise UnknownBurst(
                    f"no sighting of {station} has the reference {name.reference.hex()}; the page"
                    " shows those that came by radio"
                )
            if not wanted:
                enough(connection, station, name)
            elif not wish_of_person(connection, station, name, OPERATOR):
                raise AlreadyHere(f"picture {name.picture} of the burst is here: see the page")

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
                (station, key, now_ms()),
            )

    def verify_key(self, station: str) -> VerifyKey:
        """The key that must have signed what ``station`` sends. Raises NotEnrolled."""
        rows = self._database.read("SELECT verify_key FROM stations WHERE id = ?", (station,))
        if not rows:
            raise NotEnrolled(f"station {station} is not enrolled")
        return VerifyKey(rows[0][0])

    def put(self, received: Received) -> bool:
        """Keep one item durably; False when it was there already. Raises StoreError."""
        files = self._shelf.write(received)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE stations SET last_seen_ms = ? WHERE id = ?", (now_ms(), received.station)
            )
            return shelve(connection, received, files)

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
            files = self._shelf.write(received)
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM quarantine WHERE item = ?", (item,))
                connection.execute("UPDATE items SET kind = ? WHERE seq = ?", (received.kind, item))
                insert_content(connection, item, received, files)
            understood += 1
        return understood

    def remove_partial(self) -> None:
        """Remove what an interrupted write left. Only for the one process that writes."""
        self._shelf.remove_partial()

    def media_path(self, sha256: str) -> tuple[Path, str] | None:
        """File and media type of a stored picture, or None."""
        rows = self._database.read("SELECT media_type FROM media WHERE sha256 = ?", (sha256,))
        if not rows:
            return None
        media_type: str = rows[0][0]
        return self._shelf.media_path(sha256, media_type), media_type
