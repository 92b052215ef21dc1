"""Shots made without a camera."""

from __future__ import annotations

from datetime import UTC, datetime

from edge.capture.camera.camera import Moment, Shot
from edge.records import Frame


def shot(monotonic_s: float, size_bytes: int = 10) -> Shot:
    """A shot at a moment, whose picture is so many bytes; no two moments give the same bytes."""
    data = repr(monotonic_s).encode().ljust(size_bytes, b".")[:size_bytes]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Shot(Frame(data, at), Moment(monotonic_s, at), None)
