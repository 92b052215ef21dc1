"""What basecamp answers by radio: which records are stored, and which crops it wants, in as few
downlinks as do.

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
from edge.wire.air.answers import fits, joined
from edge.wire.air.downlink import next_down_counter
from edge.wire.air.frame import Number, Stream, seal_frame
from tools.basecamp.database import Database
from tools.basecamp.radio_crops import tell_want, want_due

_DAY = timedelta(days=1)
REPEATED = 64
"""An answer names at most so many records, those of answers before it among them: 8 bytes that
spare a repetition for each answer that was lost."""
_DOWN_KEY_ID = 0
_BURST_SHARE = 2
"""With a daily limit, answers keep half of the distance at which they would be evenly spread: a
lively hour does not use up the day."""


class RadioAnswers:
    """Makes sealed acknowledgements and wants. ``daily_limit`` holds for each station and for both
    together, None for no limit."""

    def __init__(
        self,
        database: Database,
        daily_limit: int | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._daily_limit = daily_limit
        self._now = now

    def due(self, keys: RadioKeys, key_id: int, *, wants: bool = False) -> bytes | None:
        """The frame of 13 to 51 bytes that the station should hear after one that came under
        ``key_id``; None where nothing is new to it, or the day's downlinks are spent.

        It tells of what the station says again until it is told of it, and, with ``wants`` (for
        carriers that bring crops) and where there is room, which crops are wanted; without either,
        that heartbeats came. Its counter, and that it was sent, are durable when this returns.
        Raises StoreError, and OverflowError where no counter is left.
        """
        now = self._now()
        with self._database.transaction() as connection:
            if not self._allowed(connection, keys.station, now):
                return None
            record = _next_record(connection, keys, key_id, wants)
            if record is None:
                return None
            number = Number(_DOWN_KEY_ID, _take_counter(connection, keys, now))
            connection.execute(
                "INSERT INTO radio_downlinks VALUES (?, ?)", (keys.station, to_epoch_ms(now))
            )
        return seal_frame(record, keys.key(_DOWN_KEY_ID), keys.station, Stream.DOWN, number)

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


def _next_record(
    connection: sqlite3.Connection, keys: RadioKeys, key_id: int, wants: bool
) -> bytes | None:
    """What is to be said next; what it tells is noted as told."""
    sequences, awaited = _to_tell(connection, keys, key_id)
    wanting = wants and want_due(connection, keys)
    # Also for a want: whoever hears one knows that heartbeats come through.
    _note(connection, keys, key_id, sequences)
    records = []
    if sequences and (awaited or not wanting):
        acknowledgement = RadioAcknowledgement(key_id, sequences)
        records = encode_radio_acknowledgements(acknowledgement)
    if wanting:
        want = tell_want(connection, keys, lambda one: fits([*records, one]))
        if want is not None:
            records.append(want)
    return joined(records) if records else None


def _to_tell(
    connection: sqlite3.Connection, keys: RadioKeys, key_id: int
) -> tuple[tuple[int, ...], bool]:
    """The numbers of one answer, rising, and whether the station waits for one of them; none where
    it was told of all.

    The newest that it waits for decides the range, or else the newest that it was not told of.
    """
    rows = connection.execute(
        "SELECT sequence, told, awaited FROM radio_numbers"
        " WHERE station = ? AND fingerprint = ? AND key_id = ? ORDER BY heard DESC LIMIT ?",
        (keys.station, keys.fingerprint, key_id, REPEATED),
    ).fetchall()
    untold = [(sequence, awaited) for sequence, told, awaited in rows if not told]
    waited_for = [sequence for sequence, awaited in untold if awaited]
    newest = next(iter(waited_for or [sequence for sequence, _ in untold]), None)
    if newest is None:
        return (), False
    numbers = sorted(sequence for sequence, *_ in rows if newest - MOST < sequence <= newest)
    return tuple(numbers), bool(waited_for)


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
