"""What can go wrong with a camera."""

from __future__ import annotations

from edge.errors import IrbisError


class CameraError(IrbisError):
    """Base of all that can go wrong with a camera."""


class CameraGone(CameraError, OSError):
    """No camera is there, or it gives no more pictures until it is started anew."""


class CameraSilent(CameraError, TimeoutError):
    """No picture came in time; the next one may."""


class NotStarted(CameraError, RuntimeError):
    """A picture was asked of a camera that is not running."""


class PictureUnreadable(CameraError, ValueError):
    """The camera gave bytes that are no picture."""


class CameraSoftwareMissing(CameraError, ImportError):
    """What drives this kind of camera is not installed."""
