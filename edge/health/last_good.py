"""The configuration that armed the station last, kept beside its spool.

A file that a power cut left empty, or into which somebody's slip has found its way, must not end a
trap that nobody comes to see for months.
"""

from __future__ import annotations

import tomllib
from contextlib import suppress
from pathlib import Path

from edge.config import StationConfig, parse_config
from edge.errors import ConfigError
from edge.health.memory_file import MemoryFile

NAME = "station.toml.good"


class LastGood:
    """The last good one for the file ``path``, kept in ``folder``; nowhere, where that is None."""

    def __init__(self, folder: Path | None, path: Path) -> None:
        self._path = path
        self._memory = None if folder is None else MemoryFile(folder / NAME)

    def keep(self) -> None:
        """What stands in the file now armed the station. A card without room keeps what it had."""
        if self._memory is None:
            return
        with suppress(OSError):
            text = self._path.read_bytes()
            if text != self._memory.load():
                self._memory.save(text)

    def load(self) -> StationConfig:
        """What was kept, with its paths as they stood in the file. Raises ConfigError where nothing
        was kept, or this version cannot read it."""
        kept = None if self._memory is None else self._memory.load()
        if kept is None:
            raise ConfigError(f"{self._path}: nothing was kept of it; no run has armed with it yet")
        try:
            values = tomllib.loads(kept.decode("utf-8-sig"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"{NAME}: cannot be read as TOML: {error}") from error
        return parse_config(values, base=self._path.parent, origin=NAME)
