"""How much data may still be sent today and this month, and what was.

A budget is the operator's bill: it is never exceeded. Bytes are reserved, durably, before they go
out, and settled afterwards at what they cost; a power cut between the two counts them as sent.
Days and months are of UTC; a clock that was set opens no new one (ledger_clock).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from edge.uplink.cellular.durable import DurableJson
from edge.uplink.cellular.errors import DataSpent
from edge.uplink.cellular.ledger_clock import Calendar, ReadClock, Reading

SEGMENT_BYTES = 1200
"""Payload of a TCP segment on a mobile network, where tunnels take part of 1500."""
SEGMENT_OVERHEAD_BYTES = 130
"""IPv6 and TCP with time stamps 72 B, a TLS record 29 B, and its share of the answer's empty
segments."""
CONNECT_BYTES = 9_000
"""A TCP and a TLS 1.3 handshake with two certificates, a DNS look-up, and the parting."""


ALERT_BYTES = 30_000
"""A session that brings an alert, and a try to reach the broker that came to nothing."""
ALERT_SHARE = 20
"""Of a limit, a twentieth is kept for alerts, and not less than one of them takes."""


def on_the_network(payload_bytes: int) -> int:
    """What ``payload_bytes`` of one direction cost with all headers, at most; an estimate for where
    no interface counts."""
    segments = -(-payload_bytes // SEGMENT_BYTES)
    return payload_bytes + segments * SEGMENT_OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class DataLimits:
    """Bytes in both directions; 0: no limit. The reserves are for alerts alone."""

    day_bytes: int = 0
    month_bytes: int = 0

    @property
    def day_reserve_bytes(self) -> int:
        return _reserve_of(self.day_bytes)

    @property
    def month_reserve_bytes(self) -> int:
        return _reserve_of(self.month_bytes)


def _reserve_of(limit_bytes: int) -> int:
    return min(limit_bytes // 2, max(ALERT_BYTES, limit_bytes // ALERT_SHARE))


@dataclass(frozen=True, slots=True)
class DataState:
    """What was used, with what is reserved by those who send. ``left_bytes``, and ``common_bytes``
    without what is kept for alerts, are None without any limit. ``day`` numbers the days;
    ``day_left_s`` and ``month_left_s`` is how long they still last."""

    day_bytes: int
    month_bytes: int
    left_bytes: int | None
    common_bytes: int | None
    day: int
    day_left_s: float
    month_left_s: float

    def counters(self) -> dict[str, int]:
        """For the heartbeat."""
        used = {"data-day-bytes": self.day_bytes, "data-month-bytes": self.month_bytes}
        return used if self.left_bytes is None else {**used, "data-left-bytes": self.left_bytes}


@dataclass(frozen=True, slots=True)
class Reserved:
    """Bytes that are counted as sent until they are settled; in which day and month that was."""

    size_bytes: int
    day: int
    month: int


@dataclass(frozen=True, slots=True)
class _Book:
    day_bytes: int
    month_bytes: int
    calendar: Calendar

    def turned(self, now: Reading) -> _Book:
        """The book at ``now``: counted on, or begun anew with a day or a month."""
        then, old = self.calendar.advanced(now), self.calendar
        return _Book(
            self.day_bytes if then.days == old.days else 0,
            self.month_bytes if then.months == old.months else 0,
            then,
        )


class DataBudget:
    """The budget in one small file; safe to share between threads."""

    def __init__(self, path: Path, limits: DataLimits, read_clock: ReadClock) -> None:
        self._file = DurableJson(path)
        self._limits = limits
        self._read_clock = read_clock
        self._lock = threading.Lock()
        self._book = self._opened(path)

    def state(self) -> DataState:
        """What was used today and this month, and what is left of the narrower limit."""
        with self._lock:
            self._book = self._book.turned(self._read_clock())
            return self._state()

    def reserve(self, size_bytes: int, urgent: bool = True) -> Reserved:
        """Count ``size_bytes`` as sent, durably; only what is ``urgent`` may take what is kept for
        alerts. Raises DataSpent, StateUnwritable."""
        with self._lock:
            book = self._book = self._book.turned(self._read_clock())
            state = self._state()
            left = state.left_bytes if urgent else state.common_bytes
            if left is not None and size_bytes > left:
                raise DataSpent(
                    f"{size_bytes} bytes, and the data budget has {left} left for it: today"
                    f" {book.day_bytes} of {self._limits.day_bytes or 'any'}, this month"
                    f" {book.month_bytes} of {self._limits.month_bytes or 'any'}"
                    " ([uplink.cellular] day_bytes, month_bytes)"
                )
            self._put(size_bytes, size_bytes)
            return Reserved(size_bytes, book.calendar.days, book.calendar.months)

    def settle(self, reserved: Reserved, used_bytes: int) -> None:
        """What was reserved has cost ``used_bytes``. Raises StateUnwritable.

        What is given back goes to the day and month that it was reserved in, if they still last;
        what was used beyond it counts now.
        """
        with self._lock:
            self._book = self._book.turned(self._read_clock())
            more = used_bytes - reserved.size_bytes
            calendar = self._book.calendar
            same_day = reserved.day == calendar.days
            same_month = reserved.month == calendar.months
            self._put(more if more > 0 or same_day else 0, more if more > 0 or same_month else 0)

    def _opened(self, path: Path) -> _Book:
        """What is in the file. One that cannot be read may have been full, and counts as such."""
        found = _from_json(self._file.load())
        if found is not None:
            return found
        calendar = Calendar.new(self._read_clock())
        if path.exists():
            return _Book(self._limits.day_bytes, self._limits.month_bytes, calendar)
        return _Book(0, 0, calendar)

    def _put(self, day_bytes: int, month_bytes: int) -> None:
        book = self._book
        new = replace(
            book,
            day_bytes=max(0, book.day_bytes + day_bytes),
            month_bytes=max(0, book.month_bytes + month_bytes),
        )
        self._file.store(asdict(new))
        self._book = new

    def _state(self) -> DataState:
        book, limits, calendar = self._book, self._limits, self._book.calendar
        day = limits.day_bytes - book.day_bytes, limits.day_reserve_bytes
        month = limits.month_bytes - book.month_bytes, limits.month_reserve_bytes
        windows = [day] * bool(limits.day_bytes) + [month] * bool(limits.month_bytes)
        return DataState(
            book.day_bytes,
            book.month_bytes,
            max(0, min(left for left, _ in windows)) if windows else None,
            max(0, min(left - reserve for left, reserve in windows)) if windows else None,
            calendar.days,
            calendar.day_left_s,
            calendar.month_left_s,
        )


def _from_json(value: Mapping[str, Any] | None) -> _Book | None:
    """What was stored; None where it is no book."""
    try:
        if value is None:
            return None
        stored = value["calendar"]
        calendar = Calendar(
            reading=Reading.from_json(stored["reading"]),
            at_s=float(stored["at_s"]),
            lived_s=float(stored["lived_s"]),
            day_began_s=float(stored["day_began_s"]),
            month_began_s=float(stored["month_began_s"]),
            days=int(stored["days"]),
            months=int(stored["months"]),
        )
        return _Book(int(value["day_bytes"]), int(value["month_bytes"]), calendar)
    except (KeyError, TypeError, ValueError):
        return None
