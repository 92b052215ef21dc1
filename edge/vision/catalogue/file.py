"""The catalogue's bytes: deterministic CBOR (RFC 8949, section 4.2.1), bounded on reading.

::

    { 0: 1,                      version
      1: "rootsift-2bit/1",      what the codes are
      2: [* [individual: tstr, side: 1 left / 2 right, [+ reference]]] }
    reference = [places: bstr of 4 N, codes: bstr of 32 N]         N in 1..400

Rows are sorted by individual, then side, and none is there twice. An individual is named by its
operator; the name is opaque here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cbor2
import numpy as np

from edge.records import Side
from edge.vision.catalogue.errors import CatalogueError
from edge.vision.catalogue.match import Known
from edge.vision.catalogue.points import CODE_BYTES, MOST, PLACE_BYTES, SCHEME, CoatPoints

VERSION = 1
LARGEST_BYTES = 8_000_000
"""Five times what fifty cats need; a station with 512 MB of memory still reads it."""
LONGEST_NAME = 32
MOST_ROWS = 1000
MOST_REFERENCES = 64
"""References of one side of one individual."""
_SIDES = {1: Side.LEFT, 2: Side.RIGHT}
_CODES = {side: code for code, side in _SIDES.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of one individual."""

    side: Side
    known: Known


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Known individuals, a row for each side."""

    entries: tuple[Entry, ...]

    def of(self, side: Side) -> tuple[Known, ...]:
        """Who is known from this side. A left flank is never compared with a right one."""
        return tuple(entry.known for entry in self.entries if entry.side is side)

    @property
    def individuals(self) -> tuple[str, ...]:
        """Everybody in it, sorted."""
        return tuple(sorted({entry.known.individual for entry in self.entries}))


def encode_catalogue(entries: Iterable[Entry]) -> bytes:
    """The one encoding of these rows. Raises CatalogueError for what a reader would refuse."""
    rows = sorted(entries, key=lambda entry: (entry.known.individual, _code(entry.side)))
    data = _dumps({0: VERSION, 1: SCHEME, 2: [_row(entry) for entry in rows]})
    decode_catalogue(data)
    return data


def decode_catalogue(data: bytes) -> Catalogue:
    """The catalogue in ``data``. Raises CatalogueError for anything but the one encoding."""
    if len(data) > LARGEST_BYTES:
        raise CatalogueError(
            f"catalogue: {len(data)} bytes; at most {LARGEST_BYTES} are read: keep less"
        )
    value = _loads(data)
    if not isinstance(value, dict) or type(value.get(0)) is not int:
        raise CatalogueError("catalogue: expected a map with a version")
    if value[0] != VERSION:
        raise CatalogueError(f"catalogue: version {value[0]} is not known here; update the station")
    if value.get(1) != SCHEME:
        raise CatalogueError(f"catalogue: codes are {value.get(1)!r}, expected {SCHEME!r}")
    rows = value.get(2)
    if not isinstance(rows, list) or len(rows) > MOST_ROWS:
        raise CatalogueError(f"catalogue: expected at most {MOST_ROWS} rows")
    entries = tuple(map(_entry, rows))
    order = [(entry.known.individual, _code(entry.side)) for entry in entries]
    if order != sorted(set(order)):
        raise CatalogueError("catalogue: rows are out of order, or one is there twice")
    return Catalogue(entries)


def _code(side: Side) -> int:
    if side not in _CODES:
        raise CatalogueError(f"catalogue: a flank is left or right, not {side.value}")
    return _CODES[side]


def _row(entry: Entry) -> list[Any]:
    references = [[p.places.tobytes(), p.codes.tobytes()] for p in entry.known.references]
    return [entry.known.individual, _code(entry.side), references]


def _entry(row: object) -> Entry:
    if not isinstance(row, list) or len(row) != 3:
        raise CatalogueError("catalogue: a row is not [individual, side, references]")
    name, side, references = row
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise CatalogueError(
            f"catalogue: an individual's name has 1 to {LONGEST_NAME} printable characters"
        )
    if type(side) is not int or side not in _SIDES:
        raise CatalogueError(f"catalogue: {name}: side {side!r} is neither 1 nor 2")
    if not isinstance(references, list) or not 0 < len(references) <= MOST_REFERENCES:
        raise CatalogueError(f"catalogue: {name}: expected 1 to {MOST_REFERENCES} references")
    return Entry(_SIDES[side], Known(name, tuple(_points(one, name) for one in references)))


def _points(value: object, name: str) -> CoatPoints:
    if not isinstance(value, list) or len(value) != 2 or not all(type(v) is bytes for v in value):
        raise CatalogueError(f"catalogue: {name}: a reference is not [places, codes]")
    places, codes = value
    count = len(places) // PLACE_BYTES
    if not 0 < count <= MOST or len(places) % PLACE_BYTES or len(codes) != count * CODE_BYTES:
        raise CatalogueError(f"catalogue: {name}: a reference does not hold 1 to {MOST} points")
    return CoatPoints(
        np.frombuffer(places, np.uint8).reshape(count, PLACE_BYTES),
        np.frombuffer(codes, np.uint8).reshape(count, CODE_BYTES),
    )


def _dumps(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)


def _loads(data: bytes) -> object:
    try:
        value: object = cbor2.loads(data)
        if _dumps(value) == data:
            return value
    except Exception as error:  # cbor2 lets builtin errors of many kinds through
        raise CatalogueError(f"catalogue: damaged: {error}") from error
    raise CatalogueError("catalogue: not one value in deterministic CBOR")
