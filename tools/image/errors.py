"""What can go wrong where a card is made."""

from __future__ import annotations

from edge.errors import IrbisError


class ImageError(IrbisError, RuntimeError):
    """A card cannot be built as asked for; the message says what is missing and how to get it."""
