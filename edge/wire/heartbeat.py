"""The heartbeat: how the station is, in one small record."""

from __future__ import annotations

from dataclasses import replace

from edge.records import Heartbeat
from edge.times import to_epoch_ms
from edge.wire import codes
from edge.wire.cbor import Fields, check_count, code_of, dumps, from_ms, loads, member_of
from edge.wire.vitals import decode_vitals, encode_vitals

_SOLAR = 13


def encode_heartbeat(heartbeat: Heartbeat) -> bytes:
    """The heartbeat as deterministic CBOR."""
    return dumps(
        {
            1: heartbeat.station,
            2: to_epoch_ms(heartbeat.sent_at),
            3: code_of(heartbeat.clock, codes.CLOCKS),
            4: heartbeat.uptime_s,
            5: heartbeat.software,
            6: dict(heartbeat.counters),
            7: heartbeat.outbox_items,
            8: heartbeat.unjudged_bursts,
            9: heartbeat.free_bytes,
            10: list(heartbeat.alarms),
            **encode_vitals(heartbeat.vitals, first_key=11),
            **_encode_solar(heartbeat.vitals.solar_mv),
        }
    )


def _encode_solar(solar_mv: int | None) -> dict[int, int]:
    return {} if solar_mv is None else {_SOLAR: solar_mv}


def decode_heartbeat(data: bytes) -> Heartbeat:
    """The heartbeat in ``data``. Raises WireError."""
    fields = Fields(loads(data), "heartbeat")
    return Heartbeat(
        station=fields.need(1, "station", str),
        sent_at=from_ms(fields.need(2, "sent at", int)),
        clock=member_of(fields.need(3, "clock", int), codes.CLOCKS, "clock"),
        uptime_s=fields.count(4, "uptime"),
        software=fields.need(5, "software", str),
        counters=tuple(
            (name, check_count(value, f"heartbeat: counter {name}"))
            for name, value in fields.table(6, "counters", int)
        ),
        outbox_items=fields.count(7, "outbox items"),
        unjudged_bursts=fields.count(8, "unjudged bursts"),
        free_bytes=fields.count(9, "free bytes"),
        alarms=fields.texts(10, "alarms"),
        vitals=replace(
            decode_vitals(fields, first_key=11),
            solar_mv=fields.count(_SOLAR, "solar") if _SOLAR in fields else None,
        ),
    )
