"""What training raises."""

from __future__ import annotations

from edge.errors import IrbisError


class TrainingError(IrbisError, ValueError):
    """Training cannot begin or go on."""
