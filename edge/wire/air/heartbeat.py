"""How a station is, in 39 bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from edge.records import ClockQuality, Heartbeat, Vitals
from edge.times import from_epoch_ms, to_epoch_ms
from edge.wire import codes
from edge.wire.air import scales
from edge.wire.air.bits import Layout
from edge.wire.air.kinds import LARGEST_SEQUENCE, RecordKind, check_head
from edge.wire.air.moment import BOOT_BITS, UPTIME_BITS, Anchor, Uptime
from edge.wire.air.roster import CHECK_BITS, Roster
from edge.wire.cbor import code_of, member_of

VERSION = 1
MODELS_BITS = 10
LAYOUT = Layout(
    "radio heartbeat",
    (
        ("kind", 4),
        ("version", 4),
        ("sequence", 24),
        ("time", 32),
        ("clock", 2),
        ("boot", BOOT_BITS),
        ("uptime", UPTIME_BITS),
        ("battery", scales.VOLTAGE_BITS),
        ("solar", scales.VOLTAGE_BITS),
        ("temperature", scales.TEMPERATURE_BITS),
        ("free", 16),
        ("outbox", 14),
        ("unjudged", 12),
        ("bursts", 22),
        ("blanks dropped", 22),
        ("blanks audited", 12),
        ("audit misses", 12),
        ("errors", 12),
        ("alarms", 12),
        ("major", 4),
        ("minor", 5),
        ("patch", 5),
        ("models", MODELS_BITS),
        ("catalogue", CHECK_BITS),
    ),
)
ALARMS = (
    "card-full",
    "spool-damaged",
    "other-basecamp",
    "blind",
    "models",
    "catalogue",
    "clock-unset",
    "battery-low",
    "data-budget",
    "radio-keys",
)
"""Names by bit, the lowest first. A bit is never given a new meaning."""
OTHER_ALARM_BIT = 11
FREE_UNIT_BYTES = 2**24
_SOFTWARE = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_MISSES_BITS = 12


@dataclass(frozen=True, slots=True)
class RadioHeartbeat:
    """A heartbeat as it is on the radio. Counters run since the spool was made.

    ``boot`` counts how often the station was switched on and ``uptime_s`` runs since the last time.
    ``audit_misses`` is how many of the audited blanks held something after all, None where nobody
    looked. ``alarms`` are names in the order of ALARMS, and "other" after them for those without a
    bit. ``software`` is major, minor and patch; ``models`` and ``catalogue`` are checks of the
    names of the models and of the roster in use, 0 without.
    """

    sequence: int
    sent_at: datetime
    clock: ClockQuality
    boot: int
    uptime_s: int
    vitals: Vitals
    solar_mv: int | None
    free_bytes: int
    outbox_items: int
    unjudged_bursts: int
    bursts: int
    blanks_dropped: int
    blanks_audited: int
    audit_misses: int | None
    errors: int
    alarms: tuple[str, ...]
    software: tuple[int, int, int]
    models: int
    catalogue: int

    @property
    def anchor(self) -> Anchor:
        """What this tells about the times of a station whose clock was not set."""
        return Anchor(Uptime(self.boot, self.uptime_s), self.sent_at, self.clock)


def condensed_heartbeat(
    heartbeat: Heartbeat,
    sequence: int,
    since_boot: Uptime,
    models: Mapping[str, str] | None = None,
    roster: Roster | None = None,
) -> RadioHeartbeat:
    """What of ``heartbeat`` goes on the radio, as record number ``sequence`` (modulo 2^24).

    ``since_boot`` is the time since the station was switched on, at the moment of the heartbeat.
    """
    counters = dict(heartbeat.counters)
    return RadioHeartbeat(
        sequence=sequence & LARGEST_SEQUENCE,
        sent_at=heartbeat.sent_at,
        clock=heartbeat.clock,
        boot=since_boot.boot,
        uptime_s=since_boot.seconds,
        vitals=heartbeat.vitals,
        solar_mv=heartbeat.vitals.solar_mv,
        free_bytes=heartbeat.free_bytes,
        outbox_items=heartbeat.outbox_items,
        unjudged_bursts=heartbeat.unjudged_bursts,
        bursts=counters.get("bursts", 0),
        blanks_dropped=counters.get("blank_dropped", 0),
        blanks_audited=counters.get("blank_audited", 0),
        audit_misses=counters.get("audit_misses"),
        errors=counters.get("frame_errors", 0) + counters.get("evidence_lost", 0),
        alarms=_alarms(_alarm_bits(alarm.partition(":")[0] for alarm in heartbeat.alarms)),
        software=_software(heartbeat.software),
        models=models_check(models or {}),
        catalogue=0 if roster is None else roster.check,
    )


def models_check(models: Mapping[str, str]) -> int:
    """The upper 10 bits of BLAKE2b-16 over role and name of each model in UTF-8, sorted by role, a
    zero byte after each text; 0 without models."""
    if not models:
        return 0
    digest = hashlib.blake2b(digest_size=2, person=b"irbis models 1")
    for role, name in sorted(models.items()):
        digest.update(f"{role}\x00{name}\x00".encode())
    return int.from_bytes(digest.digest(), "big") >> 16 - MODELS_BITS


def encode_radio_heartbeat(heartbeat: RadioHeartbeat) -> bytes:
    """39 bytes; numbers are held within what the record can tell."""
    major, minor, patch = heartbeat.software
    return LAYOUT.pack(
        {
            "kind": RecordKind.HEARTBEAT,
            "version": VERSION,
            "sequence": scales.held(heartbeat.sequence, 24),
            "time": scales.held(to_epoch_ms(heartbeat.sent_at) // 1000, 32),
            "clock": code_of(heartbeat.clock, codes.CLOCKS),
            "boot": scales.held(heartbeat.boot, BOOT_BITS),
            "uptime": scales.held(heartbeat.uptime_s, UPTIME_BITS),
            "battery": scales.voltage_code(heartbeat.vitals.battery_mv),
            "solar": scales.voltage_code(heartbeat.solar_mv),
            "temperature": scales.temperature_code(heartbeat.vitals.temperature_c),
            "free": scales.held(heartbeat.free_bytes // FREE_UNIT_BYTES, 16),
            "outbox": scales.held(heartbeat.outbox_items, 14),
            "unjudged": scales.held(heartbeat.unjudged_bursts, 12),
            "bursts": scales.held(heartbeat.bursts, 22),
            "blanks dropped": scales.held(heartbeat.blanks_dropped, 22),
            "blanks audited": scales.held(heartbeat.blanks_audited, 12),
            "audit misses": scales.known(heartbeat.audit_misses, _MISSES_BITS),
            "errors": scales.held(heartbeat.errors, 12),
            "alarms": _alarm_bits(heartbeat.alarms),
            "major": scales.held(major, 4),
            "minor": scales.held(minor, 5),
            "patch": scales.held(patch, 5),
            "models": scales.held(heartbeat.models, MODELS_BITS),
            "catalogue": scales.held(heartbeat.catalogue, CHECK_BITS),
        }
    )


def decode_radio_heartbeat(data: bytes) -> RadioHeartbeat:
    """The record in ``data``. Raises WireError, UnknownRecord for a version that is newer."""
    check_head(data, RecordKind.HEARTBEAT, VERSION)
    values = LAYOUT.unpack(data)
    return RadioHeartbeat(
        sequence=values["sequence"],
        sent_at=from_epoch_ms(values["time"] * 1000).astimezone(UTC),
        clock=member_of(values["clock"], codes.CLOCKS, "clock"),
        boot=values["boot"],
        uptime_s=values["uptime"],
        vitals=Vitals(
            scales.voltage_of(values["battery"]), scales.temperature_of(values["temperature"])
        ),
        solar_mv=scales.voltage_of(values["solar"]),
        free_bytes=values["free"] * FREE_UNIT_BYTES,
        outbox_items=values["outbox"],
        unjudged_bursts=values["unjudged"],
        bursts=values["bursts"],
        blanks_dropped=values["blanks dropped"],
        blanks_audited=values["blanks audited"],
        audit_misses=scales.if_known(values["audit misses"], _MISSES_BITS),
        errors=values["errors"],
        alarms=_alarms(values["alarms"]),
        software=(values["major"], values["minor"], values["patch"]),
        models=values["models"],
        catalogue=values["catalogue"],
    )


def _software(version: str) -> tuple[int, int, int]:
    found = _SOFTWARE.match(version)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else (0, 0, 0)


def _alarm_bits(names: Iterable[str]) -> int:
    bits = 0
    for name in names:
        bits |= 1 << (ALARMS.index(name) if name in ALARMS else OTHER_ALARM_BIT)
    return bits


def _alarms(bits: int) -> tuple[str, ...]:
    """The names by bit; "other" for the last bit and for those that have no name here yet."""
    known = tuple(name for bit, name in enumerate(ALARMS) if bits >> bit & 1)
    return (*known, "other") if bits >> len(ALARMS) else known
