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
_MOST_BYTES = 1 << 20
"""A longer file is no configuration; half of one must never be kept."""


class LastGood:
    """The last good one for the file ``path``, kept in ``folder``; nowhere, where that is None."""

    def __init__(self, folder: Path | None, path: Path) -> None:
        self._path = path
        self._memory = None if folder is None else MemoryFile(folder / NAME, _MOST_BYTES)

    def keep(self, armed: StationConfig) -> None:
        """The file's text, if it still says what ``armed`` the station: somebody may have edited it
        since. A card without room keeps what it had."""
        if self._memory is None:
            return
        with suppress(OSError, ConfigError):
            text = self._path.read_bytes()
            if len(text) > _MOST_BYTES or text == self._memory.load():
                return
            if self._parsed(text) == armed:
                self._memory.save(text)

    def load(self) -> StationConfig:
        """What was kept, with its paths as they stood in the file. Raises ConfigError where nothing
        was kept, or this version cannot read it."""
        kept = None if self._memory is None else self._memory.load()
        if kept is None:
            raise ConfigError(f"{self._path}: nothing was kept of it; no run has armed with it yet")
        return self._parsed(kept)

    def _parsed(self, text: bytes) -> StationConfig:
        try:
            values = tomllib.loads(text.decode("utf-8-sig"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            raise ConfigError(f"{NAME}: cannot be read as TOML: {error}") from error
        return parse_config(values, base=self._path.parent, origin=NAME, armed_before=True)
