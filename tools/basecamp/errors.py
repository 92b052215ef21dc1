"""What can go wrong at basecamp."""

from __future__ import annotations

from edge.errors import ConfigError, IrbisError
from edge.security.errors import SignatureError


class StoreError(IrbisError, OSError):
    """The store cannot be opened, read or written."""


class BasecampBusy(StoreError):
    """Another process serves this data folder."""


class NotEnrolled(SignatureError):
    """A message names a station whose key basecamp does not hold."""


class WrongStation(SignatureError):
    """A message says it is from another station than the one whose topic it came on."""


class AlreadyEnrolled(IrbisError, ValueError):
    """A station of this name is enrolled with another key."""


class AddressError(ConfigError):
    """A listen address that cannot be used."""


class WebError(IrbisError, OSError):
    """The page cannot be served where it was asked for."""


class OutputExists(IrbisError, FileExistsError):
    """What was to be written is there already."""


class UnknownBurst(IrbisError, LookupError):
    """No sighting tells of the burst."""


class AlreadyHere(IrbisError, ValueError):
    """What was asked for has come."""
