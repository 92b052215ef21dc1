"""What can go wrong with keys and sealed bytes."""

from __future__ import annotations

from edge.errors import IrbisError


class KeyFileError(IrbisError, ValueError):
    """A key file or key token is missing, malformed or of another kind."""


class SealError(IrbisError, ValueError):
    """Sealed bytes do not open: another key, damaged, or cut short."""


class SignatureError(SealError):
    """A message opens but its signature is not that of the station it names."""
