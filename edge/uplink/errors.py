"""What can go wrong on the way to basecamp."""

from __future__ import annotations

from edge.errors import IrbisError


class LinkError(IrbisError, ConnectionError):
    """The link cannot be used as it is configured."""


class TooLarge(IrbisError, ValueError):
    """An item is larger than the link will ever carry."""
