"""The public vectors of uploads: the same envelope at every try, and the line that opens it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from edge.security.envelope import open_message, seal_steadily
from edge.security.errors import SignatureError
from edge.security.keys import BasecampKey, StationKey
from edge.uplink.cellular.authorization import (
    UploadClaim,
    authorization,
    digest_of,
    read_authorization,
)
from tests.wire.vectors import load

Vector = dict[str, Any]
ENVELOPES, AUTHORIZATIONS = load("upload-envelopes"), load("upload-authorizations")


def of_each(vectors: list[Vector]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=[one["name"] for one in vectors])


@of_each(ENVELOPES)
def test_a_station_seals_the_body_to_these_very_bytes(vector: Vector) -> None:
    sealed = seal_steadily(bytes.fromhex(vector["body"]), station(vector), camp(vector).token)
    assert sealed.hex() == vector["sealed"]


@of_each(ENVELOPES)
def test_basecamp_opens_it_as_any_other_envelope(vector: Vector) -> None:
    verify_key = station(vector).token.verify
    body = open_message(bytes.fromhex(vector["sealed"]), camp(vector), lambda _: verify_key)
    assert body.hex() == vector["body"]
    verify_key.verify(bytes.fromhex(vector["signed"]), bytes.fromhex(vector["signature"]))


@of_each(ENVELOPES)
def test_its_ephemeral_key_is_the_derived_one(vector: Vector) -> None:
    public = PrivateKey(bytes.fromhex(vector["ephemeral"])).public_key
    assert bytes.fromhex(vector["sealed"])[1:33] == bytes(public)


@of_each(AUTHORIZATIONS)
def test_the_digest_is_the_sha_256_of_what_is_uploaded(vector: Vector) -> None:
    upload = bytes.fromhex(vector["upload"])
    assert digest_of(upload) == vector["digest"] == hashlib.sha256(upload).hexdigest()


@of_each(AUTHORIZATIONS)
def test_a_station_writes_this_line_and_basecamp_believes_it(vector: Vector) -> None:
    claim = UploadClaim(vector["station_id"], vector["digest"])
    key, basecamp = station(vector), camp(vector).token
    assert authorization(claim, key, basecamp) == vector["authorization"]
    read = read_authorization(vector["authorization"], basecamp, lambda _: key.token.verify)
    assert read == claim


@of_each(AUTHORIZATIONS)
def test_a_line_with_another_digest_or_for_another_basecamp_is_refused(vector: Vector) -> None:
    key, basecamp = station(vector), camp(vector).token
    line: str = vector["authorization"]
    other_digest = hashlib.sha256(b"another upload").hexdigest()
    for forged, whose in (
        (line.replace(vector["digest"], other_digest), basecamp),
        (line.replace(f" {vector['station_id']}:", " ridge-3:"), basecamp),
        (line, BasecampKey.generate().token),
    ):
        with pytest.raises(SignatureError):
            read_authorization(forged, whose, lambda _: key.token.verify)


def station(vector: Vector) -> StationKey:
    return StationKey(SigningKey(bytes.fromhex(vector["station"]["sign"])))


def camp(vector: Vector) -> BasecampKey:
    keys = vector["basecamp"]
    unseal, sign = (bytes.fromhex(keys[part]) for part in ("unseal", "sign"))
    return BasecampKey(PrivateKey(unseal), SigningKey(sign))
