"""Requests to a Notecard and its replies as lines of JSON with a checksum: pure functions.

The last field of a line is ``"crc":"SSSS:CCCCCCCC"``: a sequence number that the reply repeats, and
the CRC-32 of the line as it would be without that field, both hexadecimal. The CRC is taken over
the text and not over the values, for a number may be written in many ways.
Source: Blues' note-python 2.5.1 and note-c.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firmware_bridge.errors import FrameError

SEQUENCE_MODULUS = 1 << 16
_CRC = re.compile(rb'(,?)"crc":"([0-9A-Fa-f]{4}):([0-9A-Fa-f]{8})"\}$')


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read. ``sequence`` is None where it carried no checksum."""

    fields: dict[str, Any]
    sequence: int | None


def encode(fields: Mapping[str, object], sequence: int | None = None) -> bytes:
    """One line with its newline; with a checksum where ``sequence`` is given."""
    text = json.dumps(fields, separators=(",", ":")).encode("ascii")
    if sequence is not None:
        comma = b"," if fields else b""
        crc = b'"crc":"%04X:%08X"}' % (sequence % SEQUENCE_MODULUS, binascii.crc32(text))
        text = text[:-1] + comma + crc
    return text + b"\n"


def decode(line: bytes) -> Line:
    """Read a line, and hold it against its checksum if it has one. Raises FrameError."""
    line = line.strip()
    sequence = None
    match = _CRC.search(line)
    if match is not None:
        sequence = int(match[2], 16)
        line = line[: match.start()] + b"}"
        if binascii.crc32(line) != int(match[3], 16):
            raise FrameError(f"the checksum of a line of {len(line)} bytes is wrong: noise?")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a line of {len(line)} bytes is no JSON ({error}): noise?") from error
    if not isinstance(fields, dict):
        raise FrameError(f"a line is JSON, but no object: {line[:40]!r}")
    return Line(fields, sequence)
