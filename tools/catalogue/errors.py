"""What can go wrong while a catalogue is made."""

from __future__ import annotations

from edge.errors import IrbisError


class LabelsError(IrbisError, ValueError):
    """The table of labelled pictures cannot be used."""
