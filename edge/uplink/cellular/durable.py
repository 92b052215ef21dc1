"""A small file of JSON that is replaced whole, and durable when ``store`` returns."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from edge.errors import IrbisError


class StateUnwritable(IrbisError, OSError):
    """A small state file cannot be written."""


class DurableJson:
    """One JSON object in ``path``. A power cut leaves the old object or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Any] | None:
        """The object; None where there is none, or none that can be read."""
        try:
            value = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def store(self, value: dict[str, Any]) -> None:
        """Raises StateUnwritable."""
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            with new.open("w", encoding="utf-8") as file:
                json.dump(value, file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            raise StateUnwritable(
                f"{self._path}: cannot be written: {error.strerror or error}; is the card full?"
            ) from error


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
