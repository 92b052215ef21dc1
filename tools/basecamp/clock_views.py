"""When something was captured that its station told with a clock that was not set."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.health.clock_bounds import Bounds, bounds
from edge.health.clock_log import AGE, RUN
from edge.records import ClockQuality, Heartbeat, Sighting
from edge.wire.air.moment import Anchor, Uptime
from edge.wire.errors import WireError
from edge.wire.heartbeat import decode_heartbeat

NEAR = 24
"""Heartbeats looked at, before and after what is to be dated: a day where one comes each hour."""


def captured_between(
    connection: sqlite3.Connection, item: int, sighting: Sighting, received_at: datetime
) -> Bounds | None:
    """Bounds of the time that ``sighting``, stored as ``item``, was captured; None where its own
    clock says so. A heartbeat of the same run of the machine, sent once its clock was set, tells it
    to seconds; where none has come, it was before it was received."""
    if sighting.clock is not ClockQuality.UNSET:
        return None
    known = Bounds(latest=received_at)
    if sighting.since_boot is None:
        return known
    since = sighting.since_boot
    moment = Uptime(int.from_bytes(since.run, "big"), since.seconds)
    anchors = [one for one in _near(connection, item, sighting.station) if one is not None]
    found = bounds(moment, [one for one in anchors if one.uptime.boot == moment.boot])
    met = found.meet(known)
    return found if met.is_empty else met


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat, and when it came."""

    heartbeat: Heartbeat
    received_at: datetime


def sent_between(beats: Sequence[Beat]) -> list[Bounds]:
    """When each of one station's ``beats`` was sent: what its clock said, where that was set; else
    bounds by those of the same run of the machine whose clock was, and by when it came."""
    runs: dict[int, list[Anchor]] = {}
    for beat in beats:
        anchor = _anchor_of(beat.heartbeat)
        if anchor is not None and anchor.clock is not ClockQuality.UNSET:
            runs.setdefault(anchor.uptime.boot, []).append(anchor)
    return [_sent(beat, runs) for beat in beats]


def _sent(beat: Beat, runs: Mapping[int, Sequence[Anchor]]) -> Bounds:
    heartbeat = beat.heartbeat
    if heartbeat.clock is not ClockQuality.UNSET:
        return Bounds(heartbeat.sent_at, heartbeat.sent_at)
    known, anchor = Bounds(latest=beat.received_at), _anchor_of(heartbeat)
    if anchor is None or anchor.uptime.boot not in runs:
        return known
    found = bounds(anchor.uptime, runs[anchor.uptime.boot])
    met = found.meet(known)
    return found if met.is_empty else met


def _near(connection: sqlite3.Connection, item: int, station: str) -> list[Anchor | None]:
    rows = connection.execute(
        "SELECT payload FROM (SELECT payload FROM heartbeats WHERE station = ?1 AND item > ?2"
        " ORDER BY item LIMIT ?3) UNION ALL"
        " SELECT payload FROM (SELECT payload FROM heartbeats WHERE station = ?1 AND item < ?2"
        " ORDER BY item DESC LIMIT ?3)",
        (station, item, NEAR),
    )
    return [_anchor(payload) for (payload,) in rows]


def _anchor(payload: bytes) -> Anchor | None:
    try:
        return _anchor_of(decode_heartbeat(payload))
    except WireError:
        return None


def _anchor_of(heartbeat: Heartbeat) -> Anchor | None:
    counters = dict(heartbeat.counters)
    if RUN not in counters or AGE not in counters:
        return None
    return Anchor(Uptime(counters[RUN], counters[AGE]), heartbeat.sent_at, heartbeat.clock)
