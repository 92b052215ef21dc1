"""What can go wrong at first boot."""

from __future__ import annotations

from edge.errors import IrbisError


class HandoverError(IrbisError, ValueError):
    """The hand-over on the boot partition cannot be taken in; the station stays as it was."""


class TakeInError(IrbisError, OSError):
    """A good hand-over could not be written to the station's own storage."""
