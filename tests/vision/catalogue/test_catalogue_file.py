"""A catalogue is read as it was written, and anything else is refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cbor2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from edge.records import Side
from edge.security.keys import BasecampKey
from edge.security.signed_file import CATALOGUE_MAGIC, open_file
from edge.vision.catalogue.errors import CatalogueError
from edge.vision.catalogue.file import (
    LARGEST_BYTES,
    Catalogue,
    Entry,
    decode_catalogue,
    encode_catalogue,
)
from edge.vision.catalogue.match import Known
from edge.vision.catalogue.points import SCHEME, CoatPoints

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "catalogue.json").read_text(encoding="utf-8")
)


def some_points(count: int, seed: int = 0) -> CoatPoints:
    rng = np.random.default_rng(seed)
    return CoatPoints(
        rng.integers(0, 256, (count, 4), np.uint8), rng.integers(0, 256, (count, 32), np.uint8)
    )


def entry(name: str, side: Side, *counts: int) -> Entry:
    return Entry(side, Known(name, tuple(some_points(n, n) for n in counts)))


VALID = encode_catalogue([entry("B", Side.LEFT, 3), entry("A", Side.RIGHT, 2, 5)])


def changed(**fields: Any) -> bytes:
    value = {**cbor2.loads(VALID), **{int(key[1:]): new for key, new in fields.items()}}
    return cbor2.dumps(value, canonical=True)


def test_what_was_written_is_read() -> None:
    read = decode_catalogue(VALID)
    assert read.individuals == ("A", "B")
    assert [known.individual for known in read.of(Side.RIGHT)] == ["A"]
    assert [len(points) for points in read.of(Side.RIGHT)[0].references] == [2, 5]
    assert (read.of(Side.LEFT)[0].references[0].codes == some_points(3, 3).codes).all()


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = [entry("A", Side.RIGHT, 2, 5), entry("B", Side.LEFT, 3)]
    assert encode_catalogue(rows) == encode_catalogue(reversed(rows)) == VALID


def test_an_empty_catalogue_is_one() -> None:
    assert decode_catalogue(encode_catalogue([])) == Catalogue(())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "damaged"),
        (VALID[:-1], "damaged"),
        (VALID + b"\x00", "not one value"),
        (changed(_0=2), "version 2 is not known here"),
        (changed(_0=True), "expected a map with a version"),
        (changed(_1="other/1"), SCHEME),
        (changed(_2={}), "rows"),
        (changed(_2=[["A", 3, [[b"pppp", b"c" * 32]]]]), "neither 1 nor 2"),
        (changed(_2=[["A" * 33, 1, [[b"pppp", b"c" * 32]]]]), "1 to 32"),
        (changed(_2=[["A\n", 1, [[b"pppp", b"c" * 32]]]]), "printable"),
        (changed(_2=[["A", 1, []]]), "references"),
        (changed(_2=[["A", 1, [[b"pppp", b"c" * 31]]]]), "points"),
        (changed(_2=[["A", 1, [[b"", b""]]]]), "points"),
        (changed(_2=[["A", 1, [[b"pppp" * 401, b"c" * 32 * 401]]]]), "points"),
        (changed(_2=[["A", 1, [[b"pppp", b"c" * 32]]]] * 2), "twice"),
        (bytes(LARGEST_BYTES + 1), "at most"),
    ],
)
def test_anything_else_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(CatalogueError, match=why):
        decode_catalogue(data)


def test_a_side_that_is_no_flank_is_refused() -> None:
    with pytest.raises(CatalogueError, match="left or right"):
        encode_catalogue([entry("A", Side.FRONT, 3)])


@given(st.binary(max_size=300))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(CatalogueError):
        decode_catalogue(data)


@given(st.integers(0, len(VALID) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_another_catalogue(place: int, flip: int) -> None:
    data = bytearray(VALID)
    data[place] ^= flip
    try:
        read = decode_catalogue(bytes(data))
    except CatalogueError:
        return
    assert encode_catalogue(read.entries) == bytes(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.binary(max_size=40),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.integers(0, 3), inner, max_size=3)
        ),
    )
)
def test_rows_of_any_shape_raise_nothing_else(rows: object) -> None:
    data = cbor2.dumps({0: 1, 1: SCHEME, 2: rows}, canonical=True)
    try:
        decode_catalogue(data)
    except CatalogueError as error:
        assert str(error).startswith("catalogue: ")


@pytest.mark.parametrize("vector", VECTORS, ids=[str(one["name"]) for one in VECTORS])
def test_the_public_vectors_are_read_as_they_say(vector: dict[str, Any]) -> None:
    key = vector["basecamp"]
    token = BasecampKey(
        PrivateKey(bytes.fromhex(key["unseal"])), SigningKey(bytes.fromhex(key["sign"]))
    ).token
    body = open_file(bytes.fromhex(vector["file"]), CATALOGUE_MAGIC, token)
    assert body.hex() == vector["cbor"]
    read = decode_catalogue(body)
    assert encode_catalogue(read.entries) == body
    assert [(one.known.individual, one.side.value) for one in read.entries] == [
        (row["individual"], row["side"]) for row in vector["rows"]
    ]
    for one, row in zip(read.entries, vector["rows"], strict=True):
        assert [
            {"places": points.places.tobytes().hex(), "codes": points.codes.tobytes().hex()}
            for points in one.known.references
        ] == row["references"]
