"""What can go wrong while measuring."""

from __future__ import annotations

from edge.errors import IrbisError


class BenchError(IrbisError, RuntimeError):
    """Something that was to be measured did not run."""
