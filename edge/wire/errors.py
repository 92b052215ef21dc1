"""What can go wrong with bytes off the air."""

from __future__ import annotations

from edge.errors import IrbisError


class WireError(IrbisError, ValueError):
    """Bytes that are not what the wire format says they should be."""
