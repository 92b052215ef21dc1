"""Deterministic CBOR (RFC 8949, section 4.2.1) and checked reading of integer-keyed maps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import cbor2

from edge.times import from_epoch_ms
from edge.wire.errors import WireError

_Value = TypeVar("_Value")
_Default = TypeVar("_Default")

LARGEST_COUNT = 2**53 - 1
"""Beyond this an integer is no longer exact in JSON (RFC 8259, section 6)."""
_LARGEST_INTEGER = 2**64 - 1


def dumps(value: object) -> bytes:
    """``value`` in deterministic CBOR."""
    return cbor2.dumps(value, canonical=True)


def loads(data: bytes) -> Any:
    """The one value in ``data``: null, truths, numbers, strings, arrays and maps of them.

    Raises WireError for damaged bytes, for bytes left over, for tags, and for every encoding of a
    value but the deterministic one.
    """
    try:
        value = cbor2.loads(data)
        encoded = dumps(value)
    except Exception as error:  # cbor2 lets builtin errors of many kinds through
        raise WireError(f"not CBOR: {error}") from error
    if encoded != data:
        # A decoder alone would take keys out of order, keys twice, long integers, bytes left over.
        raise WireError("not one value in deterministic CBOR (RFC 8949, section 4.2.1)")
    if not _is_plain(value):
        raise WireError("the CBOR holds a tag or another thing that the wire never carries")
    return value


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(type(key) in (int, str) and _is_plain(key) for key in value) and all(
            map(_is_plain, value.values())
        )
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, int):
        return -_LARGEST_INTEGER - 1 <= value <= _LARGEST_INTEGER
    return value is None or isinstance(value, (float, str, bytes))


class Fields:
    """An integer-keyed map, read field by field; every miss is a WireError that names the field.

    Keys that are not asked for are ignored, so that a later version may add some.
    """

    def __init__(self, value: object, what: str) -> None:
        if not isinstance(value, dict):
            raise WireError(f"{what}: expected a map, found {type(value).__name__}")
        self._map: Mapping[Any, Any] = value
        self._what = what

    def __contains__(self, key: int) -> bool:
        return key in self._map

    def get(self, key: int, name: str, kind: type[_Value], default: _Default) -> _Value | _Default:
        """The value of an optional field."""
        return self.need(key, name, kind) if key in self._map else default

    def need(self, key: int, name: str, kind: type[_Value]) -> _Value:
        """The value of a field that must be there."""
        if key not in self._map:
            raise WireError(f"{self._what}: field {key} ({name}) is missing")
        value = self._map[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise WireError(
                f"{self._what}: field {key} ({name}) is {type(value).__name__},"
                f" expected {kind.__name__}"
            )
        return value

    def count(self, key: int, name: str) -> int:
        """A number of things, 0..LARGEST_COUNT, that must be there."""
        return check_count(self.need(key, name, int), f"{self._what}: field {key} ({name})")

    def octets(self, key: int, name: str, size_bytes: int) -> bytes:
        """Exactly ``size_bytes`` bytes that must be there."""
        value = self.need(key, name, bytes)
        if len(value) != size_bytes:
            raise WireError(
                f"{self._what}: field {key} ({name}) has {len(value)} bytes, expected {size_bytes}"
            )
        return value

    def texts(self, key: int, name: str) -> tuple[str, ...]:
        """An optional array of texts."""
        found: list[Any] = self.get(key, name, list, [])
        if not all(isinstance(text, str) for text in found):
            raise WireError(f"{self._what}: field {key} ({name}) holds something else than texts")
        return tuple(found)

    def table(self, key: int, name: str, kind: type[_Value]) -> tuple[tuple[str, _Value], ...]:
        """An optional map from texts to values of one type, sorted by text."""
        found: dict[Any, Any] = self.get(key, name, dict, {})
        if not all(_fits([text, value], (str, kind)) for text, value in found.items()):
            raise WireError(
                f"{self._what}: field {key} ({name}) is not a map from str to {kind.__name__}"
            )
        return tuple(sorted(found.items()))

    def rows(self, key: int, name: str, kinds: tuple[type, ...]) -> list[tuple[Any, ...]]:
        """An optional array of arrays, each with the given types of elements."""
        found: list[Any] = self.get(key, name, list, [])
        if not all(_fits(row, kinds) for row in found):
            shape = ", ".join(kind.__name__ for kind in kinds)
            raise WireError(f"{self._what}: field {key} ({name}) holds a row that is not [{shape}]")
        return [tuple(row) for row in found]


def _fits(row: object, kinds: tuple[type, ...]) -> bool:
    return (
        isinstance(row, list)
        and len(row) == len(kinds)
        and all(
            isinstance(value, kind) and not (kind is int and isinstance(value, bool))
            for value, kind in zip(row, kinds, strict=True)
        )
    )


def to_permille(value: float) -> int:
    """A score in 0..1 as an integer in 0..1000: two bytes, finer than any score is true."""
    return min(1000, max(0, round(value * 1000)))


def from_permille(value: int) -> float:
    """Raises WireError outside 0..1000."""
    if not 0 <= value <= 1000:
        raise WireError(f"a score is {value} permille, expected 0..1000")
    return value / 1000


def from_ms(value: int) -> datetime:
    """Raises WireError for a time outside the years 1 to 9999."""
    try:
        return from_epoch_ms(value)
    except OverflowError:
        raise WireError(f"time {value} ms is outside the years 1 to 9999") from None


def check_count(value: int, name: str) -> int:
    """``value`` itself. Raises WireError outside 0..LARGEST_COUNT."""
    if not 0 <= value <= LARGEST_COUNT:
        raise WireError(f"{name} is {value}, expected 0..{LARGEST_COUNT}")
    return value


def code_of(member: _Value, table: tuple[_Value, ...]) -> int:
    """The code that stands for ``member``."""
    return table.index(member)


def member_of(code: int, table: tuple[_Value, ...], name: str) -> _Value:
    """The member with this code. Raises WireError for one that is not known."""
    if not 0 <= code < len(table):
        raise WireError(f"{name} code {code} is not known; expected 0..{len(table) - 1}")
    return table[code]
