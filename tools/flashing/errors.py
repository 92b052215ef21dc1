"""What can go wrong between a technician and a card."""

from __future__ import annotations

from edge.errors import IrbisError


class FlashError(IrbisError, RuntimeError):
    """The card could not be written, or does not hold what was written."""


class DiskRefused(FlashError, PermissionError):
    """The disk is not one to be erased, or not without a second word."""


class ImageError(FlashError, ValueError):
    """The image, its hash or its block map cannot be used."""


class StampError(FlashError, ValueError):
    """An identity or a configuration that no station could take in."""


class RegisterError(FlashError, ValueError):
    """The register of flashed stations says no, or cannot be read."""
