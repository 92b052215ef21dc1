"""Deterministic CBOR (RFC 8949, section 4.2.1) and checked reading of integer-keyed maps."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import cbor2

from edge.times import from_epoch_ms
from edge.wire.errors import WireError

_Value = TypeVar("_Value")
_Member = TypeVar("_Member", bound=Enum)


def dumps(value: object) -> bytes:
    """``value`` in deterministic CBOR."""
    return cbor2.dumps(value, canonical=True)


def loads(data: bytes) -> Any:
    """The one value in ``data``. Raises WireError for damaged bytes and for bytes left over."""
    stream = io.BytesIO(data)
    try:
        value = cbor2.CBORDecoder(stream).decode()
    except Exception as error:  # cbor2 lets builtin errors of many kinds through
        raise WireError(f"not CBOR: {error}") from error
    rest = len(data) - stream.tell()
    if rest:
        raise WireError(f"{rest} bytes are left over after the CBOR value")
    return value


class Fields:
    """An integer-keyed map, read field by field; every miss is a WireError that names the field.

    Keys that are not asked for are ignored, so that a later version may add some.
    """

    def __init__(self, value: object, what: str) -> None:
        if not isinstance(value, dict):
            raise WireError(f"{what}: expected a map, found {type(value).__name__}")
        self._map: Mapping[Any, Any] = value
        self._what = what

    def get(self, key: int, name: str, kind: type[_Value], default: _Value) -> _Value:
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


def code_of(member: _Member, table: tuple[_Member, ...]) -> int:
    return table.index(member)


def member_of(code: int, table: tuple[_Member, ...], name: str) -> _Member:
    """The member with this code. Raises WireError for one that is not known."""
    if not 0 <= code < len(table):
        raise WireError(f"{name} code {code} is not known; expected 0..{len(table) - 1}")
    return table[code]
