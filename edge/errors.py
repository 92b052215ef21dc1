"""The one base class of every error that Irbis raises on purpose.

Each concrete error also inherits the builtin that a caller who does not know Irbis would expect,
so ``except ValueError`` and ``except OSError`` keep working. A message names the thing that failed
and the way out.
"""

from __future__ import annotations


class IrbisError(Exception):
    """Base of all errors raised by Irbis."""


class ConfigError(IrbisError, ValueError):
    """The station's configuration cannot be used as it stands."""


class NotArmed(IrbisError, RuntimeError):
    """The station refuses to arm because something it must have is missing."""
