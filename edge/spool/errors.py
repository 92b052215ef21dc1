"""What can go wrong with the spool."""

from __future__ import annotations

import errno

from edge.errors import IrbisError


class SpoolError(IrbisError, RuntimeError):
    """The spool cannot do what was asked."""


class SpoolBusy(SpoolError):
    """Another process works on this spool."""


class SpoolDamaged(SpoolError):
    """The spool's database cannot be read any more."""


class CardFailing(SpoolError):
    """The card takes no writes though it has room: it went read-only, or reports I/O errors."""


class SpoolFull(IrbisError, OSError):
    """The card has no room left for what must be written."""

    def __init__(self, message: str) -> None:
        super().__init__(errno.ENOSPC, message)

    def __str__(self) -> str:
        return str(self.strerror)
