"""The public radio vectors hold both ways, also for a reader written from the page alone."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from nacl import bindings
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from edge.security.keys import BasecampKey, StationToken
from edge.security.radio_key import RadioKeys
from edge.wire.air.channel import open_down, open_up
from edge.wire.air.frame import FrameRefused, Number
from edge.wire.air.window import Seen
from edge.wire.errors import WireError
from tests.wire.vectors import load
from tools import vectors
from tools.vectors import AIR_RECORDS

EACH_RECORD = [(name, vector) for name in AIR_RECORDS for vector in load(name)]
FRAMES = load("air-frames")
REFUSED = load("air-refused")
each_record = pytest.mark.parametrize(
    ("record", "vector"), EACH_RECORD, ids=[f"{r}: {v['name']}" for r, v in EACH_RECORD]
)
each_frame = pytest.mark.parametrize("vector", FRAMES, ids=[v["name"] for v in FRAMES])
each_refused = pytest.mark.parametrize(
    "vector", REFUSED, ids=[f"{v['as']}: {v['name']}" for v in REFUSED]
)


@each_record
def test_the_value_encodes_to_the_bytes(record: str, vector: dict[str, Any]) -> None:
    codec = AIR_RECORDS[record]
    assert codec.encode(codec.from_json(vector["value"])).hex() == vector["bytes"]


@each_record
def test_the_bytes_decode_to_the_value(record: str, vector: dict[str, Any]) -> None:
    codec = AIR_RECORDS[record]
    assert codec.to_json(codec.decode(bytes.fromhex(vector["bytes"]))) == vector["value"]


@each_frame
def test_the_other_end_opens_the_frame(vector: dict[str, Any]) -> None:
    opener = open_down if vector["stream"] == "down" else open_up
    # A beacon does not tell its counter, so it is looked for after the frames before it.
    seen = Seen().marked(Number(vector["key_id"], vector["counter"] - 1))
    opened = opener(bytes.fromhex(vector["frame"]), keys_at_basecamp(vector), seen)
    assert opened.content.hex() == vector["record"]
    assert opened.number == Number(vector["key_id"], vector["counter"])
    assert opened.stream.name.lower() == vector["stream"]


@each_frame
def test_a_reader_written_from_the_page_opens_the_frame(vector: dict[str, Any]) -> None:
    """With AES alone: CCM, the nonce and the key's derivation are spelt out below."""
    sign, seal = SigningKey(part(vector, "station", "sign")), part(vector, "basecamp", "unseal")
    basecamp_public = bindings.crypto_scalarmult_base(seal)
    verify = bytes(sign.verify_key)
    shared = bindings.crypto_scalarmult(seal, bindings.crypto_sign_ed25519_pk_to_curve25519(verify))
    station = vector["station_id"].encode()
    root = blake(basecamp_public + verify + station, 32, b"irbis radio 1", shared)
    key = blake(bytes([vector["key_id"]]), 16, b"irbis radio key", root)
    stream = {"up": 0, "down": 1, "beacon": 2}[vector["stream"]]
    number = bytes([stream, vector["key_id"]]) + vector["counter"].to_bytes(3, "big")
    nonce = blake(station, 8, b"irbis nonce 1") + number
    frame = bytes.fromhex(vector["frame"])
    head, body = (frame[:1], frame[1:]) if stream == 2 else (frame[:4], frame[4:])
    assert (key.hex(), nonce.hex()) == (vector["key"], vector["nonce"])
    assert head[0] == 0x40 | vector["key_id"]
    assert ccm_open(key, nonce, head, body).hex() == vector["record"]
    assert blake(b"", 8, b"irbis radio name", root).hex() == vector["fingerprint"]


@each_refused
def test_what_must_be_refused_is_refused(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["bytes"])
    if vector["as"] in AIR_RECORDS:
        with pytest.raises(WireError):
            AIR_RECORDS[vector["as"]].decode(data)
        return
    seen = Seen()
    for counter in vector.get("after", []):
        seen = seen.marked(Number(5, counter))
    keys = keys_at_basecamp({**FRAMES[0], **vector})
    with pytest.raises(FrameRefused) as refused:
        open_up(data, keys, seen)
    assert refused.value.reason == vector["reason"]


def test_every_record_and_the_frame_have_something_to_refuse() -> None:
    assert {vector["as"] for vector in REFUSED} == {*AIR_RECORDS, "air-frame"}
    assert {vector.get("reason") for vector in REFUSED} == {
        None,
        "tag",
        "length",
        "version",
        "replayed",
        "too-old",
    }


@pytest.mark.parametrize("name", [*AIR_RECORDS, "air-frames", "air-names"])
def test_the_stored_results_are_what_this_version_computes(name: str) -> None:
    path = vectors.FOLDER / f"{name}.json"
    assert path.read_text(encoding="utf-8") == vectors.compute(name, vectors.FOLDER)


def keys_at_basecamp(vector: dict[str, Any]) -> RadioKeys:
    basecamp = BasecampKey(
        PrivateKey(part(vector, "basecamp", "unseal")),
        SigningKey(part(vector, "basecamp", "sign")),
    )
    token = StationToken(SigningKey(part(vector, "station", "sign")).verify_key)
    return RadioKeys.of_basecamp(vector["station_id"], token, basecamp)


def part(vector: dict[str, Any], whose: str, which: str) -> bytes:
    return bytes.fromhex(vector[whose][which])


def blake(data: bytes, size_bytes: int, person: bytes, key: bytes = b"") -> bytes:
    return hashlib.blake2b(data, digest_size=size_bytes, person=person, key=key).digest()


def ccm_open(key: bytes, nonce: bytes, head: bytes, body: bytes) -> bytes:
    """RFC 3610 with M = 8 and L = 2, by single blocks of AES."""
    block = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update
    sealed, tag = body[:-8], body[-8:]
    stream = b"".join(block(b"\x01" + nonce + i.to_bytes(2, "big")) for i in range(9))
    record = bytes(a ^ b for a, b in zip(sealed, stream[16:], strict=False))
    flags = bytes([0x40 | (8 - 2) // 2 << 3 | 2 - 1])
    blocks = [flags + nonce + len(record).to_bytes(2, "big")]
    blocks += padded(len(head).to_bytes(2, "big") + head) + padded(record)
    mac = bytes(16)
    for one in blocks:
        mac = block(bytes(a ^ b for a, b in zip(mac, one, strict=True)))
    expected = bytes(a ^ b for a, b in zip(mac[:8], stream, strict=False))
    assert hmac.compare_digest(expected, tag)
    return record


def padded(data: bytes) -> list[bytes]:
    return [data[at : at + 16].ljust(16, b"\x00") for at in range(0, len(data), 16)]
