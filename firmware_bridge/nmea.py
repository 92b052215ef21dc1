"""The time in NMEA 0183 sentences, and nothing else of them.

A receiver says where it stands in the same sentence in which it says when. Where a station stands
is a secret, so the fields of a position are never looked at, and no sentence is kept, logged or put
into an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_SENTENCE = re.compile(r"\$[A-Z]{2}(RMC|ZDA),([^$*]*)\*([0-9A-F]{2})$")
_TIME = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]{1,6}))?$")
_FIXED = frozenset("ADFPR")
"""RMC's mode indicator (since NMEA 2.3): autonomous, differential, float, precise, real-time. Not
those that a receiver dead-reckons, simulates or was told by hand."""
_CENTURY = 2000
"""RMC tells two digits of the year."""


@dataclass(frozen=True, slots=True)
class NmeaTime:
    """What a sentence says of the time: ``at`` (UTC), and whether satellites were behind it.

    ``fixed`` is None for a ZDA, which does not tell. Where it is False, ``at`` is None: a
    receiver's own clock is no better than the station's.
    """

    at: datetime | None
    fixed: bool | None


def read_time(line: str) -> NmeaTime | None:
    """What ``line`` says of the time; None where it is no RMC or ZDA with a right checksum, or
    makes no time.

    What stands before its last ``$`` is noise.
    """
    found = _SENTENCE.fullmatch(line[max(0, line.rfind("$")) :])
    if found is None or _checksum(found) != int(found[3], 16):
        return None
    fields = found[2].split(",")
    try:
        return _rmc(fields) if found[1] == "RMC" else _zda(fields)
    except (ValueError, IndexError):
        return None


def checksum(text: str) -> str:
    """Two hexadecimal digits: the exclusive or of everything between ``$`` and ``*``."""
    value = 0
    for byte in text.encode("ascii", "replace"):
        value ^= byte
    return f"{value:02X}"


def _checksum(found: re.Match[str]) -> int:
    sentence = found[0]
    return int(checksum(sentence[1 : sentence.index("*")]), 16)


def _rmc(fields: list[str]) -> NmeaTime:
    """hhmmss.ss, status, four of the place, two of the motion, ddmmyy, two of the field, mode."""
    told, status, day = fields[0], fields[1], fields[8]
    mode = fields[11] if len(fields) > 11 else "A"
    if status == "V" or (status == "A" and mode not in _FIXED):
        return NmeaTime(None, False)
    if status != "A":
        raise ValueError
    if len(day) != 6 or not day.isdecimal():
        raise ValueError
    on = date(_CENTURY + int(day[4:]), int(day[2:4]), int(day[:2]))
    return NmeaTime(_moment(on, told), True)


def _zda(fields: list[str]) -> NmeaTime:
    """hhmmss.ss, day, month, four digits of the year; the zone is that of no one."""
    told, day, month, year = fields[:4]
    return NmeaTime(_moment(date(int(year), int(month), int(day)), told), None)


def _moment(on: date, told: str) -> datetime:
    found = _TIME.fullmatch(told)
    if found is None:
        raise ValueError
    hour, minute, second = int(found[1]), int(found[2]), int(found[3])
    at = datetime.combine(on, time(hour, minute, second), UTC)
    return at + timedelta(microseconds=int((found[4] or "0").ljust(6, "0")))
