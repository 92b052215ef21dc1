"""What an Iridium 9602 or 9603 says and is told, as bytes and lines: pure functions, no port.

Source: Iridium's AT command reference for these transceivers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from firmware_bridge.errors import FrameError
from firmware_bridge.iridium_codes import MtStatus

MOST_MO_BYTES = 340
MOST_MT_BYTES = 270
MOMSN_MODULUS = 1 << 16
_LENGTH_BYTES = 2
_CHECKSUM_BYTES = 2
_LONGEST_WAIT_S = 3600.0
# Echo and unsolicited lines before a binary answer are shorter than this together.
_MOST_PREFIX_BYTES = 256

# From this instant the network counts ticks of 90 ms in 32 bits, which last 12.2 years. Iridium
# announces each new start: this one, the third after the original of 1996, holds since
# 14 January 2026; before, it was 11 May 2014, 14:23:55.
SYSTEM_EPOCH = datetime(2025, 2, 14, 18, 14, 17, tzinfo=UTC)
_TICK = timedelta(milliseconds=90)
_SYSTEM_TIME = re.compile(r"-MSSTM:\s*([0-9a-fA-F]{1,8})$")


@dataclass(frozen=True, slots=True)
class Session:
    """The answer to +SBDIX. ``mtmsn`` means something only where a message was received."""

    mo_status: int
    momsn: int
    mt_status: MtStatus
    mtmsn: int
    mt_bytes: int
    mt_queued: int


@dataclass(frozen=True, slots=True)
class Buffers:
    """The answer to +SBDSX. ``momsn`` is the number that the next session will carry."""

    mo_loaded: bool
    momsn: int
    mt_loaded: bool
    mtmsn: int
    ring_alert: bool
    waiting: int


def checksum(message: bytes) -> bytes:
    """The sum of all bytes, its lower two bytes, the high one first."""
    return (sum(message) & 0xFFFF).to_bytes(_CHECKSUM_BYTES, "big")


def padding(size_bytes: int) -> bytes:
    """What ends a +SBDWB of ``size_bytes`` whose READY was lost, without a message.

    A modem that waits for the message takes these for it and finds the checksum wrong, whatever the
    size: no multiple of 13 up to 340 * 13 is 0x0D0A. A modem that does not wait sees empty lines.
    """
    return b"\r" * (size_bytes + _CHECKSUM_BYTES - 1) + b"\n"


def find_message(data: bytes) -> tuple[bytes, int] | None:
    """The message in the answer to +SBDRB and where it ends; None while more bytes must come.

    The length is at most 270, so its first byte is 0 or 1, which no echo and no unsolicited line
    holds: whatever comes before is skipped. An empty message is none. Raises FrameError for a
    length, a checksum or a prefix that cannot be; then read again, for reading clears nothing.
    """
    start = next((i for i, byte in enumerate(data) if byte <= 1), None)
    if start is None:
        if len(data) > _MOST_PREFIX_BYTES:
            raise FrameError(f"{len(data)} bytes without a message: noise on the line? Read again")
        return None
    body = start + _LENGTH_BYTES
    if len(data) < body:
        return None
    size = int.from_bytes(data[start:body], "big")
    if size > MOST_MT_BYTES:
        raise FrameError(f"a message of {size} bytes cannot be: noise on the line? Read again")
    end = body + size + _CHECKSUM_BYTES
    if len(data) < end:
        return None
    message = bytes(data[body : body + size])
    if checksum(message) != data[body + size : end]:
        raise FrameError(f"the checksum of a message of {size} bytes is wrong: read it again")
    return message, end


def parse_session(line: str) -> Session:
    """``+SBDIX: 0, 5, 1, 7, 12, 0``, also after +SBDIXA. Raises FrameError."""
    mo, momsn, mt, mtmsn, size, queued = _numbers(line, ("+SBDIX", "+SBDIXA"), 6)
    if not (0 <= mo <= 99 and 0 <= momsn < MOMSN_MODULUS and mt in (0, 1, 2)):
        raise FrameError(f"{line!r} is no report of a session: noise on the line?")
    return Session(mo, momsn, MtStatus(mt), mtmsn, size, queued)


def parse_buffers(line: str) -> Buffers:
    """``+SBDSX: 1, 5, 0, -1, 0, 0``. Raises FrameError."""
    mo, momsn, mt, mtmsn, ring, waiting = _numbers(line, ("+SBDSX",), 6)
    if not (0 <= momsn < MOMSN_MODULUS and {mo, mt, ring} <= {0, 1}):
        raise FrameError(f"{line!r} is no state of the buffers: noise on the line?")
    return Buffers(mo == 1, momsn, mt == 1, mtmsn, ring == 1, max(waiting, 0))


def parse_bars(line: str) -> int:
    """``+CSQ:3`` or ``+CSQF:3``: 0 (nothing) to 5 bars. Raises FrameError."""
    (bars,) = _numbers(line, ("+CSQ", "+CSQF"), 1)
    if not 0 <= bars <= 5:
        raise FrameError(f"{line!r} is no signal strength: noise on the line?")
    return bars


def parse_traffic_wait_s(line: str) -> float:
    """``+SBDLOE: 0, 120``: seconds for which the network wants no session. Raises FrameError.

    An hour at most: a digit changed by noise must not silence a station for years.
    """
    _, seconds = _numbers(line, ("+SBDLOE",), 2)
    return min(max(float(seconds), 0.0), _LONGEST_WAIT_S)


def parse_system_time(line: str, epoch: datetime = SYSTEM_EPOCH) -> datetime | None:
    """``-MSSTM: <ticks in hexadecimal>`` in UTC; None without network service.

    Raises FrameError.
    """
    if line.lower().startswith("-msstm: no network"):
        return None
    match = _SYSTEM_TIME.match(line)
    if match is None:
        raise FrameError(f"{line!r} is no system time: noise on the line?")
    return epoch + int(match[1], 16) * _TICK


def _numbers(line: str, names: tuple[str, ...], count: int) -> list[int]:
    name, _, rest = line.partition(":")
    # Of ASCII digits alone: int() would take other scripts' digits, and underscores, too.
    fields = re.findall(r"\s*(-?[0-9]{1,9})\s*(?:,|$)", rest, re.ASCII)
    if name not in names or len(fields) != count or rest.count(",") != count - 1:
        raise FrameError(f"{line!r} is no {names[0]} with {count} numbers: noise on the line?")
    return [int(field) for field in fields]
