"""What can go wrong between the bytes of a picture and its meaning."""

from __future__ import annotations

from edge.errors import IrbisError


class DecodeError(IrbisError, ValueError):
    """The bytes are no picture that can be read."""


class InferenceError(IrbisError, RuntimeError):
    """A network could not be loaded, or did not answer."""


class RuntimeMissing(IrbisError, ImportError):  # reads like NotArmed, FileNotFound
    """No TensorFlow Lite runtime is installed."""
