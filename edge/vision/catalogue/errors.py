"""What can go wrong with a catalogue."""

from __future__ import annotations

from edge.errors import IrbisError


class CatalogueError(IrbisError, ValueError):
    """The bytes are no catalogue that can be used here."""
