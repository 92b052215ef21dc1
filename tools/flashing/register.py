"""The register of a network: which identity went onto which card, and when.

A CSV file that only grows, for people and for ``irbis basecamp enrol --from``. Each flashed card
has a row before its key touches the card (``begun``) and one when all of it was verified
(``done``), so no key is ever on a card without being known here. It holds no secret.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from edge.config import STATION_ID
from edge.security.errors import KeyFileError
from edge.security.keys import StationToken
from tools.flashing.errors import RegisterError
from tools.flashing.fingerprint import fingerprint

COLUMNS = ("station", "state", "at", "fingerprint", "token", "card", "image")


class Row(NamedTuple):
    """``state`` is begun or done, ``at`` is UTC; ``token`` is empty while the station has yet to
    tell the key that it made itself; ``card`` is a serial number where the reader tells one."""

    station: str
    state: str
    at: str
    fingerprint: str
    token: str
    card: str
    image: str


@dataclass(frozen=True, slots=True)
class Register:
    """The CSV file at ``path``; it need not be there yet."""

    path: Path

    def rows(self) -> list[Row]:
        """All rows, the oldest first. Raises RegisterError for what was not written here."""
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise RegisterError(f"{self.path}: cannot be read: {error}") from error
        return list(_parse(text, str(self.path)))

    def done(self) -> dict[str, Row]:
        """The last finished row of each station."""
        return {row.station: row for row in self.rows() if row.state == "done"}

    def require_new(self, station: str, token: StationToken | None) -> None:
        """Raise RegisterError for an identity that went onto a card before."""
        for row in self.rows():
            if row.station == station and row.state == "done":
                raise RegisterError(
                    f"{station}: is on a card already, flashed {row.at} ({self.path}). For a"
                    " replacement with a new key say --again"
                )
        self.require_new_key(token)

    def require_new_key(self, token: StationToken | None) -> None:
        """Raise RegisterError for a key that went onto a card before."""
        if token is not None and any(row.token == str(token) for row in self.rows()):
            raise RegisterError(
                f"{fingerprint(token)}: this key is on a card already ({self.path}); no two"
                " stations may share one"
            )

    def add(
        self, station: str, state: str, token: StationToken | None, card: str = "", image: str = ""
    ) -> None:
        """Append one row, durably. Raises RegisterError when it cannot be kept."""
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        row = Row(
            station, state, at, fingerprint(token) if token else "", str(token or ""), card, image
        )
        with self._locked() as file:
            lines = io.StringIO()
            writer = csv.writer(lines, lineterminator="\r\n")
            if file.seek(0, os.SEEK_END) == 0:
                writer.writerow(COLUMNS)
            writer.writerow(row)
            file.write(lines.getvalue().encode())
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _locked(self) -> Iterator[io.BufferedRandom]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
        except OSError as error:
            raise RegisterError(f"{self.path}: cannot be written: {error.strerror}") from error


def _parse(text: str, origin: str) -> Iterator[Row]:
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        head = next(lines, [])
        if tuple(head) != COLUMNS:
            raise RegisterError(f"{origin}: its first line must be: {','.join(COLUMNS)}")
        for cells in lines:
            if cells:
                yield _row(cells, f"{origin}, line {lines.line_num}")
    except csv.Error as error:
        raise RegisterError(f"{origin}: is no CSV file: {error}") from error


def _row(cells: Sequence[str], origin: str) -> Row:
    if len(cells) != len(COLUMNS):
        raise RegisterError(f"{origin}: has {len(cells)} cells, expected {len(COLUMNS)}")
    row = Row(*cells)
    if row.state not in ("begun", "done") or re.fullmatch(STATION_ID, row.station) is None:
        raise RegisterError(f"{origin}: {row.station!r} {row.state!r} is no station and state")
    if row.token:
        try:
            StationToken.parse(row.token)
        except KeyFileError as error:
            raise RegisterError(f"{origin}: {error}") from error
    return row
