"""A stream of parts with headers, as GStreamer's ``multipartmux`` writes it (after RFC 2046)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

from edge.capture.camera.errors import CameraError

LARGEST_PART_BYTES = 128 * 1024 * 1024
"""Raw pixels of the largest sensors fit; a length beyond it is noise."""
_LONGEST_LINE_BYTES = 1024
_MOST_HEADERS = 16


class MultipartDamaged(CameraError, ValueError):
    """The stream is not one of parts, or ended within one."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its media type in lower case, and its content."""

    media_type: str
    data: bytes = field(repr=False)


def read_part(stream: BinaryIO, boundary: str) -> Part | None:
    """The next part; None at the end of the stream.

    ``stream`` is buffered: its ``read(n)`` gives n bytes unless the stream ends. Every part must
    tell its Content-Length: pictures may hold the boundary. Raises MultipartDamaged.
    """
    line = _line(stream)
    while line == b"\r\n":
        line = _line(stream)
    if not line:
        return None
    if line.rstrip(b"\r\n") != b"--" + boundary.encode():
        raise MultipartDamaged(f"a boundary was due in the stream, not {line[:40]!r}")
    headers = _headers(stream)
    length = _length(headers.get(b"content-length", b""))
    data = stream.read(length)
    if len(data) < length:
        raise MultipartDamaged(f"the stream ended after {len(data)} of a part's {length} bytes")
    return Part(headers.get(b"content-type", b"").decode("ascii", "replace").lower(), data)


def _headers(stream: BinaryIO) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for _ in range(_MOST_HEADERS):
        line = _line(stream)
        if line == b"\r\n":
            return headers
        name, colon, value = line.partition(b":")
        if not colon:
            raise MultipartDamaged(f"a part's header was due, not {line[:40]!r}")
        headers[name.strip().lower()] = value.strip()
    raise MultipartDamaged(f"a part has more than {_MOST_HEADERS} headers")


def _length(text: bytes) -> int:
    # Few digits: Python refuses to read thousands of them, with an error of its own.
    if text.isdigit() and len(text) <= 12 and int(text) <= LARGEST_PART_BYTES:
        return int(text)
    raise MultipartDamaged(f"a part's Content-Length cannot be {text[:40]!r}")


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline(_LONGEST_LINE_BYTES)
    if line and not line.endswith(b"\n"):
        raise MultipartDamaged(f"a line of the stream has no end: {line[:40]!r}")
    return line
