"""The public test vectors hold both ways, and what must be refused is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from edge.errors import IrbisError
from edge.security.envelope import open_acknowledgement, open_message
from edge.security.errors import KeyFileError, SealError
from edge.security.evidence import open_chunks, unseal_content_key
from edge.security.keys import BasecampKey, BasecampToken, StationKey, StationToken
from edge.spool.contents import from_chunks
from edge.wire.errors import WireError
from edge.wire.message import acknowledgement_topic, uplink_topic
from tests.wire.vectors import FOLDER, load
from tools import vectors
from tools.vectors import BURST, RECORDS

EACH_RECORD = [(name, vector) for name in RECORDS for vector in load(name)]


def named(vectors_of_a_file: list[dict[str, Any]]):
    return pytest.mark.parametrize(
        "vector", vectors_of_a_file, ids=[vector["name"] for vector in vectors_of_a_file]
    )


each_record = pytest.mark.parametrize(
    ("record", "vector"), EACH_RECORD, ids=[f"{r}: {v['name']}" for r, v in EACH_RECORD]
)


@each_record
def test_the_value_encodes_to_the_bytes(record, vector):
    codec = RECORDS[record]
    assert codec.encode(codec.from_json(vector["value"])).hex() == vector["cbor"]


@each_record
def test_the_bytes_decode_to_the_value(record, vector):
    codec = RECORDS[record]
    assert codec.to_json(codec.decode(bytes.fromhex(vector["cbor"]))) == vector["value"]


@named(load("keys"))
def test_a_key_file_holds_the_key_and_the_token_its_public_half(vector, tmp_path):
    (tmp_path / "key").write_text(vector["key_file"])
    kind = BasecampKey if "unseal" in vector else StationKey
    key = kind.load(tmp_path / "key")
    assert str(key.token) == vector["token"]
    assert bytes(key.sign).hex() == vector["sign"]


@named(load("envelopes"))
def test_basecamp_opens_the_envelope(vector):
    station = SigningKey(bytes.fromhex(vector["station"]["sign"])).verify_key
    body = open_message(
        bytes.fromhex(vector["sealed"]), _basecamp(vector["basecamp"]), lambda _: station
    )
    assert body.hex() == vector["body"]
    assert RECORDS["message"].decode(body).station == "ridge-2"
    assert vector["topic"] == uplink_topic("ridge-2")
    station.verify(bytes.fromhex(vector["signed"]), bytes.fromhex(vector["signature"]))


@named(load("acknowledgement-envelopes"))
def test_the_station_opens_the_acknowledgement(vector):
    token = _basecamp(vector["basecamp"]).token
    body = open_acknowledgement(bytes.fromhex(vector["sent"]), vector["station"], token)
    assert body.hex() == vector["body"]
    assert vector["topic"] == acknowledgement_topic(vector["station"])


@named(load("evidence"))
def test_basecamp_opens_the_evidence(vector):
    file = bytes.fromhex(vector["file"])
    content_key = unseal_content_key(file, _basecamp(vector["basecamp"]).unseal)
    assert content_key.hex() == vector["content_key"]
    chunks = open_chunks(file, content_key)
    assert [chunk.hex() for chunk in chunks] == vector["chunks"]
    assert BURST.to_json(from_chunks(chunks)) == vector["value"]


REFUSED = load("refused")


@pytest.mark.parametrize("vector", REFUSED, ids=[f"{v['as']}: {v['name']}" for v in REFUSED])
def test_what_must_be_refused_is_refused(vector):
    error = {"evidence": SealError, "envelope": SealError, "acknowledgement-envelope": SealError}
    tokens = {"basecamp-token": KeyFileError, "station-token": KeyFileError}
    with pytest.raises({**error, **tokens}.get(vector["as"], WireError)) as refused:
        _open(vector)
    assert isinstance(refused.value, IrbisError)


def test_every_kind_of_bytes_has_one_that_must_be_refused():
    assert {vector["as"] for vector in REFUSED} == {*RECORDS, *OPENERS}


def test_the_stored_results_are_what_this_version_computes():
    assert vectors.stale(FOLDER) == []


def test_a_wrong_result_is_found_and_written_anew(tmp_path, capsys):
    for name in vectors.FILES:
        (tmp_path / f"{name}.json").write_text(json.dumps(load(name)))
    wrong = load("crop")
    wrong[0]["cbor"] = "a0"
    (tmp_path / "crop.json").write_text(json.dumps(wrong))
    assert vectors.main(["--folder", str(tmp_path), "--check"]) == 1
    assert f"{tmp_path / 'crop.json'}: the results are not" in capsys.readouterr().err
    assert vectors.main(["--folder", str(tmp_path), "--write"]) == 0
    assert vectors.main(["--folder", str(tmp_path), "--check"]) == 0
    assert (tmp_path / "crop.json").read_text() == (FOLDER / "crop.json").read_text()


def _basecamp(keys: dict[str, str]) -> BasecampKey:
    unseal, sign = (bytes.fromhex(keys[part]) for part in ("unseal", "sign"))
    return BasecampKey(PrivateKey(unseal), SigningKey(sign))


def _open_envelope(vector: dict[str, Any]) -> None:
    station = SigningKey(bytes.fromhex(vector["station"]["sign"])).verify_key
    open_message(bytes.fromhex(vector["bytes"]), _basecamp(vector["basecamp"]), lambda _: station)


def _open_acknowledgement(vector: dict[str, Any]) -> None:
    token = _basecamp(vector["basecamp"]).token
    open_acknowledgement(bytes.fromhex(vector["bytes"]), vector["station"], token)


def _open_evidence(vector: dict[str, Any]) -> None:
    file = bytes.fromhex(vector["bytes"])
    open_chunks(file, unseal_content_key(file, _basecamp(vector["basecamp"]).unseal))


OPENERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "envelope": _open_envelope,
    "acknowledgement-envelope": _open_acknowledgement,
    "evidence": _open_evidence,
    "basecamp-token": lambda vector: BasecampToken.parse(vector["text"]),
    "station-token": lambda vector: StationToken.parse(vector["text"]),
}


def _open(vector: dict[str, Any]) -> None:
    if vector["as"] in RECORDS:
        RECORDS[vector["as"]].decode(bytes.fromhex(vector["bytes"]))
    else:
        OPENERS[vector["as"]](vector)
