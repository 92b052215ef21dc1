"""When something was that a station told of by radio, by the run of the machine and its age.

The heartbeats of the same spool are the clock: one of the same run, sent once the clock was set,
tells it to seconds; those of the runs before and after it bound it; and of one whose clock was not
set it is known when it came, and so that its run had not begun later.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta

from edge.health.clock_bounds import Bounds, bounds
from edge.times import from_epoch_ms
from edge.wire.air.heartbeat import decode_radio_heartbeat
from edge.wire.air.moment import Anchor, Moment, Uptime
from edge.wire.errors import WireError

_SET = (
    "SELECT record FROM radio_heartbeats WHERE station = ?1 AND spool = ?2 AND uptime_s IS NOT NULL"
)
_NEAR = (
    f"{_SET} AND boot = ?3 ORDER BY abs(uptime_s - ?4) LIMIT 1",
    f"{_SET} AND boot < ?3 AND ?4 >= 0 ORDER BY boot DESC, uptime_s DESC LIMIT 1",
    f"{_SET} AND boot > ?3 AND ?4 >= 0 ORDER BY boot, uptime_s LIMIT 1",
)
"""Of the same run, of one before, of one after: the nearest."""
_UNSET = (
    "SELECT sent_ms, record FROM radio_heartbeats"
    " WHERE station = ?1 AND spool = ?2 AND boot >= ?3 AND uptime_s IS NULL"
    " ORDER BY boot, sent_ms LIMIT 24"
)


def anchors_of(
    connection: sqlite3.Connection, station: str, spool: bytes, moment: Moment
) -> list[Anchor]:
    """What heartbeats tell of the time of ``moment``: of its own run, and of those around it."""
    if not isinstance(moment, Uptime):
        return []
    of = (station, spool, moment.boot, moment.seconds)
    rows = [row for query in _NEAR for row in connection.execute(query, of)]
    return [anchor for (record,) in rows for anchor in _anchor(record)]


def captured_between(
    connection: sqlite3.Connection,
    station: str,
    spool: bytes,
    moment: Moment,
    received_at: datetime,
) -> Bounds | None:
    """Bounds of ``moment``, of which was heard at ``received_at``; None where the station's own
    clock said when it was. They narrow down as heartbeats come."""
    if not isinstance(moment, Uptime):
        return None
    found = bounds(moment, anchors_of(connection, station, spool, moment))
    for latest in (received_at, *_heard_by(connection, station, spool, moment)):
        met = found.meet(Bounds(latest=latest))
        # A station's clock that contradicts basecamp's was wrong; no time at all is no answer.
        found = Bounds(latest=latest) if met.is_empty else met
    return found


def _heard_by(
    connection: sqlite3.Connection, station: str, spool: bytes, moment: Uptime
) -> Iterator[datetime]:
    """Times that ``moment`` was not after, for a heartbeat of its run or a later one had come."""
    for sent_ms, record in connection.execute(_UNSET, (station, spool, moment.boot)):
        for anchor in _anchor(record):
            begun = from_epoch_ms(sent_ms) - timedelta(seconds=anchor.uptime.seconds)
            same = anchor.uptime.boot == moment.boot
            yield begun + timedelta(seconds=moment.seconds if same else 0)


def _anchor(record: bytes) -> Iterator[Anchor]:
    try:
        yield decode_radio_heartbeat(record).anchor
    except WireError:
        return
