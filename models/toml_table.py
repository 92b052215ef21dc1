"""A TOML table read with types: each getter returns the type it names or says what is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from models.errors import RegistryError


class Table:
    """One table of a TOML file, remembering where it stands for the error messages."""

    def __init__(self, values: Mapping[str, object], where: str) -> None:
        self._values = values
        self._where = where

    def has(self, key: str) -> bool:
        """Whether the table holds `key`."""
        return key in self._values

    def text(self, key: str) -> str:
        """Return a non-empty string.

        Raises:
            RegistryError: the key is missing or holds something else.
        """
        value = self._get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "a non-empty string", value)
        return value

    def integer(self, key: str) -> int:
        """Return an integer (RegistryError otherwise)."""
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(key, "an integer", value)
        return value

    def number(self, key: str) -> float:
        """Return a number as a float (RegistryError otherwise)."""
        value = self._get(key)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._wrong(key, "a number", value)
        return float(value)

    def integers(self, key: str) -> tuple[int, ...]:
        """Return a list of integers (RegistryError otherwise)."""
        value = self._get(key)
        if isinstance(value, list) and all(type(item) is int for item in value):
            return tuple(value)
        raise self._wrong(key, "a list of integers", value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings (RegistryError otherwise)."""
        value = self._get(key)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise self._wrong(key, "a list of strings", value)

    def table(self, key: str) -> Table:
        """Return a table inside this one (RegistryError otherwise)."""
        value = self._get(key)
        if not isinstance(value, dict):
            raise self._wrong(key, "a table", value)
        return Table(value, f"{self._where}, {key}")

    def tables(self, key: str) -> Iterator[Table]:
        """Yield the tables of an array of tables (RegistryError otherwise)."""
        value = self._get(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, "an array of tables", value)
        for position, item in enumerate(value):
            yield Table(item, f"{self._where}, {key}[{position}]")

    def __iter__(self) -> Iterator[str]:
        """The keys in the order of the file."""
        return iter(self._values)

    def error(self, what: str) -> RegistryError:
        """An error about this table as a whole."""
        return RegistryError(f"{self._where}: {what}")

    def _get(self, key: str) -> object:
        try:
            return self._values[key]
        except KeyError:
            raise self.error(f"{key!r} is missing; add it") from None

    def _wrong(self, key: str, wanted: str, found: object) -> RegistryError:
        return self.error(f"{key!r} must be {wanted}, found {found!r:.60}")


def read_table(path: Path, schema: str) -> Table:
    """Read a TOML file whose `schema` key must equal `schema`.

    Raises:
        RegistryError: a file that is missing or cannot be read, not TOML, or another schema.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RegistryError(f"{path} is missing: install Irbis again") from None
    except OSError as error:
        raise RegistryError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RegistryError(f"{path} is not TOML: {error}") from error
    table = Table(values, path.name)
    found = table.text("schema")
    if found != schema:
        raise table.error(f"schema is {found!r}, this version reads {schema!r}")
    return table
