"""What basecamp answers by radio: which records are stored, in as few downlinks as do.

A downlink costs the gateway its ears while it speaks, and some networks allow a handful a day. So
one tells of everything heard lately, not of one record; a record that is not told of in time comes
again, is stored once and waits for the next. An answer that gets lost does no harm for that reason.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from edge.security.radio_key import RadioKeys
from edge.times import to_epoch_ms
from edge.wire.air.acknowledgement import (
    MOST,
    RadioAcknowledgement,
    encode_radio_acknowledgements,
)
from edge.wire.air.downlink import next_down_counter
from edge.wire.air.frame import Number, Stream, seal_frame
from tools.basecamp.database import Database

_DAY = timedelta(days=1)
_REPEATED = 64
"""An answer names at most so many records, those of answers before it among them: 8 bytes that
spare a repetition for each answer that was lost."""
_DOWN_KEY_ID = 0
_BURST_SHARE = 2
"""With a daily limit, answers keep half of the distance at which they would be evenly spread: a
lively hour does not use up the day."""


class RadioAnswers:
    """Makes sealed acknowledgements. ``daily_limit`` holds for each station, None for no limit."""

    def __init__(
        self,
        database: Database,
        daily_limit: int | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._daily_limit = daily_limit
        self._now = now

    def due(self, keys: RadioKeys, key_id: int) -> bytes | None:
        """The frame that tells the station of records that came under ``key_id``, of 17 to 51
        bytes; None where nothing is new to it, or the day's downlinks are spent.

        Its counter, and that it was sent, are durable when this returns. Raises StoreError, and
        OverflowError where no counter is left.
        """
        now = self._now()
        with self._database.transaction() as connection:
            sequences = _to_tell(connection, keys, key_id)
            if not sequences or not self._allowed(connection, keys.station, now):
                return None
            number = Number(_DOWN_KEY_ID, _take_counter(connection, keys, now))
            _note(connection, keys, key_id, sequences)
            connection.execute(
                "INSERT INTO radio_downlinks VALUES (?, ?)", (keys.station, to_epoch_ms(now))
            )
        (record,) = encode_radio_acknowledgements(RadioAcknowledgement(key_id, sequences))
        key = keys.key(_DOWN_KEY_ID)
        return seal_frame(record, key, keys.station, Stream.DOWN, number)

    def _allowed(self, connection: sqlite3.Connection, station: str, now: datetime) -> bool:
        # What lies in the future was written by a clock that was wrong: else it would forbid.
        connection.execute(
            "DELETE FROM radio_downlinks WHERE station = ? AND NOT at_ms BETWEEN ? AND ?",
            (station, to_epoch_ms(now - _DAY) + 1, to_epoch_ms(now + _DAY)),
        )
        if self._daily_limit is None:
            return True
        sent, last_ms = connection.execute(
            "SELECT count(*), max(at_ms) FROM radio_downlinks WHERE station = ?", (station,)
        ).fetchone()
        if not sent:
            return self._daily_limit > 0
        pause = _DAY / self._daily_limit / _BURST_SHARE
        return bool(sent < self._daily_limit and last_ms <= to_epoch_ms(now - pause))


def _to_tell(connection: sqlite3.Connection, keys: RadioKeys, key_id: int) -> tuple[int, ...]:
    """The numbers of one answer, rising; empty where the station was told of all of them.

    The newest that it was not told of decides the range.
    """
    rows = connection.execute(
        "SELECT sequence, told FROM radio_numbers"
        " WHERE station = ? AND fingerprint = ? AND key_id = ? ORDER BY heard DESC LIMIT ?",
        (keys.station, keys.fingerprint, key_id, _REPEATED),
    ).fetchall()
    newest = next((sequence for sequence, told in rows if not told), None)
    if newest is None:
        return ()
    return tuple(sorted(sequence for sequence, _ in rows if newest - MOST < sequence <= newest))


def _take_counter(connection: sqlite3.Connection, keys: RadioKeys, now: datetime) -> int:
    where = (keys.station, keys.fingerprint)
    (last,) = connection.execute(
        "SELECT down_counter FROM radio_channels WHERE station = ? AND fingerprint = ?", where
    ).fetchone()
    counter = next_down_counter(last, now)
    connection.execute(
        "UPDATE radio_channels SET down_counter = ? WHERE station = ? AND fingerprint = ?",
        (counter, *where),
    )
    return counter


def _note(
    connection: sqlite3.Connection, keys: RadioKeys, key_id: int, sequences: tuple[int, ...]
) -> None:
    connection.executemany(
        "UPDATE radio_numbers SET told = 1"
        " WHERE station = ? AND fingerprint = ? AND key_id = ? AND sequence = ?",
        ((keys.station, keys.fingerprint, key_id, sequence) for sequence in sequences),
    )
