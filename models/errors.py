"""What can be wrong with the shipped models; each error is also the builtin one would expect."""

from __future__ import annotations


class ModelError(Exception):
    """Base of every error raised by this package."""


class RegistryError(ModelError, ValueError):
    """The registry or a labels file does not follow its schema."""


class UnknownModelError(ModelError, LookupError):
    """No model of that name or role is registered."""


class ModelFileError(ModelError):
    """A model's file is not the one that was registered."""


class ModelFileMissingError(ModelFileError, FileNotFoundError):
    """The file is not there."""


class ModelFileTruncatedError(ModelFileError, ValueError):
    """The file has another size than registered, most often a copy cut short."""


class ModelFileChangedError(ModelFileError, ValueError):
    """The file has the registered size and other contents."""
