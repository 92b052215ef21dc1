"""Test vectors of the wire format: check the stored ones, or compute their results anew.

    python -m tools.vectors --check
    python -m tools.vectors --write

Each file in tests/vectors is a list. Of every vector a person writes the inputs; the results
(``cbor``, ``token``, ``sealed``, ...) are computed. Sealing draws random numbers, so each sealed
vector names the ones it was made with, and two runs write the same bytes. The keys are for tests
alone: everyone knows them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from nacl import bindings
from nacl.public import PrivateKey
from nacl.signing import SigningKey
from pydantic import ConfigDict, TypeAdapter

from edge.records import Box, Burst, Crop, Heartbeat, Side, Sighting
from edge.security.envelope import sign_acknowledgement
from edge.security.keys import BasecampKey, BasecampToken, StationKey
from edge.security.radio_key import RadioKeys
from edge.security.signed_file import CATALOGUE_MAGIC, sign_file
from edge.spool.contents import to_chunks
from edge.uplink.cellular.authorization import UploadClaim, authorization, digest_of
from edge.vision.catalogue.file import Entry, encode_catalogue
from edge.vision.catalogue.match import Known
from edge.vision.catalogue.points import CODE_BYTES, PLACE_BYTES, CoatPoints
from edge.vision.descriptor import code
from edge.wire.air.acknowledgement import (
    RadioAcknowledgement,
    decode_radio_acknowledgement,
    encode_radio_acknowledgements,
)
from edge.wire.air.beacon import Beacon, decode_beacon, encode_beacon, seal_beacon
from edge.wire.air.fragments import Fragment, NotHere, decode_fragment, encode_fragment
from edge.wire.air.frame import Number, Stream, nonce, seal_frame
from edge.wire.air.heartbeat import (
    RadioHeartbeat,
    decode_radio_heartbeat,
    encode_radio_heartbeat,
    models_check,
)
from edge.wire.air.pack import packed, unpacked
from edge.wire.air.reference import reference_of
from edge.wire.air.roster import Roster
from edge.wire.air.sighting import (
    RadioSighting,
    decode_radio_sighting,
    encode_radio_sighting,
)
from edge.wire.air.want import Want, decode_want, encode_want
from edge.wire.crop import CropMessage, decode_crop, encode_crop
from edge.wire.heartbeat import decode_heartbeat, encode_heartbeat
from edge.wire.message import (
    Message,
    decode_acknowledgement,
    decode_message,
    encode_acknowledgement,
    encode_message,
    item_id,
)
from edge.wire.sighting import decode_sighting, encode_sighting

FOLDER = Path("tests/vectors")
Vector = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Codec:
    """A record of the wire: its type, and the way to bytes and back."""

    kind: Any
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]

    def from_json(self, value: object) -> Any:
        """The record that a vector's ``value`` tells; bytes are in hexadecimal."""
        return _in_hex(self.kind).validate_json(json.dumps([value]))[0]

    def to_json(self, record: object) -> Any:
        """The ``value`` of a record."""
        return json.loads(_in_hex(self.kind).dump_json([record]))[0]


def _in_hex(kind: Any) -> TypeAdapter[list[Any]]:
    settings = ConfigDict(ser_json_bytes="hex", val_json_bytes="hex")
    # In a list, because a dataclass alone takes no settings from outside.
    return TypeAdapter(list[kind], config=settings)


def _encode_arrived_crop(message: CropMessage) -> bytes:
    ref = message.ref
    nowhere = Box(0, 0, 1, 1)  # where it was cut stays on the station
    crop = Crop(
        ref.part, ref.side, ref.frame_index, nowhere, ref.media_type, 0, 0, 0.0, message.data
    )
    return encode_crop(message.burst_id, crop)


RECORDS = {
    "sighting": Codec(Sighting, encode_sighting, decode_sighting),
    "crop": Codec(CropMessage, _encode_arrived_crop, decode_crop),
    "heartbeat": Codec(Heartbeat, encode_heartbeat, decode_heartbeat),
    "message": Codec(Message, encode_message, decode_message),
    "acknowledgement": Codec(list[bytes], encode_acknowledgement, decode_acknowledgement),
}
AIR_RECORDS = {
    "air-sighting": Codec(RadioSighting, encode_radio_sighting, decode_radio_sighting),
    "air-heartbeat": Codec(RadioHeartbeat, encode_radio_heartbeat, decode_radio_heartbeat),
    "air-acknowledgement": Codec(
        RadioAcknowledgement,
        lambda one: encode_radio_acknowledgements(one)[0],
        decode_radio_acknowledgement,
    ),
    "air-fragment": Codec(Fragment | NotHere, encode_fragment, decode_fragment),
    "air-pack": Codec(list[bytes], packed, unpacked),
    "air-want": Codec(Want, encode_want, decode_want),
    "air-beacon": Codec(Beacon, encode_beacon, decode_beacon),
}
BURST = Codec(Burst, lambda burst: to_chunks(burst)[0], lambda data: data)


def record(name: str, vector: Vector) -> Vector:
    """``cbor`` of a record's ``value``."""
    codec = RECORDS[name]
    encoded = codec.encode(codec.from_json(vector["value"]))
    return {**vector, "value": codec.to_json(codec.decode(encoded)), "cbor": encoded.hex()}


def air_record(name: str, vector: Vector) -> Vector:
    """``bytes`` of a radio record's ``value``."""
    codec = AIR_RECORDS[name]
    encoded = codec.encode(codec.from_json(vector["value"]))
    return {**vector, "value": codec.to_json(codec.decode(encoded)), "bytes": encoded.hex()}


def air_frame(vector: Vector) -> Vector:
    """The key, the nonce and the frame of a radio record or, in its stream, of a beacon."""
    station, stream = vector["station_id"], Stream[vector["stream"].upper()]
    keys = RadioKeys.of_station(
        station, _station(vector["station"]), _basecamp(vector["basecamp"]).token
    )
    number = Number(vector["key_id"], vector["counter"])
    key, record = keys.key(number.key_id), bytes.fromhex(vector["record"])
    if stream is Stream.BEACON:
        frame = seal_beacon(decode_beacon(record), key, station, number)
    else:
        frame = seal_frame(record, key, station, stream, number)
    return {
        **vector,
        "fingerprint": keys.fingerprint.hex(),
        "key": key.hex(),
        "nonce": nonce(station, stream, number).hex(),
        "frame": frame.hex(),
    }


def air_name(vector: Vector) -> Vector:
    """The few bits that stand for a burst's id, a catalogue's names, or the models."""
    if "burst_id" in vector:
        return {**vector, "reference": reference_of(vector["burst_id"]).hex()}
    if "models" in vector:
        return {**vector, "check": models_check(vector["models"])}
    return {**vector, "check": Roster.of(vector["individuals"]).check}


def key(vector: Vector) -> Vector:
    """The content of a private key's file, and its public token."""
    made = _basecamp(vector) if "unseal" in vector else _station(vector)
    with TemporaryDirectory() as folder:
        made.save(Path(folder) / "key")
        content = (Path(folder) / "key").read_text(encoding="ascii")
    return {**vector, "key_file": content, "token": str(made.token)}


def item(vector: Vector) -> Vector:
    """The item id derived from ``parts``."""
    return {**vector, "item_id": item_id(*vector["parts"]).hex()}


def envelope(vector: Vector) -> Vector:
    """The signed bytes, the signature and the sealed message of ``body``."""
    body, recipient = bytes.fromhex(vector["body"]), _basecamp(vector["basecamp"]).token
    signed = b"irbis message 1\x00" + bytes(recipient.seal) + body
    signature = _station(vector["station"]).sign.sign(signed).signature
    box = sealed_box(signature + body, recipient, bytes.fromhex(vector["ephemeral"]))
    return {
        **vector,
        "signed": signed.hex(),
        "signature": signature.hex(),
        "sealed": (b"\x01" + box).hex(),
    }


def upload_envelope(vector: Vector) -> Vector:
    """An envelope whose ephemeral private key is derived, which is the same at every try."""
    body, recipient = bytes.fromhex(vector["body"]), _basecamp(vector["basecamp"]).token
    signature = bytes.fromhex(envelope({**vector, "ephemeral": "00" * 32})["signature"])
    ephemeral = hashlib.blake2b(
        bytes(recipient.seal) + signature + body,
        digest_size=32,
        key=bytes.fromhex(vector["station"]["sign"]),
        person=b"irbis steady 1",
    )
    return envelope({**vector, "ephemeral": ephemeral.hexdigest()})


def upload_authorization(vector: Vector) -> Vector:
    """The digest of an upload, the bytes that are signed, and the header's value."""
    claim = UploadClaim(vector["station_id"], digest_of(bytes.fromhex(vector["upload"])))
    recipient = _basecamp(vector["basecamp"]).token
    named = claim.station.encode() + b"\x00"
    signed = b"irbis upload 1\x00" + bytes(recipient.seal) + named + bytes.fromhex(claim.digest)
    line = authorization(claim, _station(vector["station"]), recipient)
    return {**vector, "digest": claim.digest, "signed": signed.hex(), "authorization": line}


def acknowledgement(vector: Vector) -> Vector:
    """The acknowledgement with ``body`` for ``station``."""
    body, key = bytes.fromhex(vector["body"]), _basecamp(vector["basecamp"])
    return {**vector, "sent": sign_acknowledgement(body, vector["station"], key).hex()}


def evidence(vector: Vector) -> Vector:
    """The chunks and the evidence file of a burst."""
    chunks = to_chunks(BURST.from_json(vector["value"]))
    content_key = bytes.fromhex(vector["content_key"])
    ephemeral = bytes.fromhex(vector["ephemeral"])
    head = sealed_box(content_key, _basecamp(vector["basecamp"]).token, ephemeral)
    header = bytes.fromhex(vector["header"])
    file = b"IRBIS-E1" + head + header + secret_stream(chunks, content_key, header)
    return {**vector, "chunks": [chunk.hex() for chunk in chunks], "file": file.hex()}


def descriptor(vector: Vector) -> Vector:
    """The first row of a scheme's projection, and the code of ``vector``."""
    vectors = np.array([vector["vector"]], np.int64)
    row = hashlib.shake_256(f"irbis {vector['scheme']}".encode()).digest(vectors.shape[1] // 8)
    packed = code(vectors, vector["bits"], vector["scheme"]).tobytes()
    return {**vector, "first_row": row.hex(), "code": packed.hex()}


def catalogue(vector: Vector) -> Vector:
    """The body and the signed file of a catalogue of ``rows``."""
    entries = [
        Entry(Side(row["side"]), Known(row["individual"], tuple(map(_points, row["references"]))))
        for row in vector["rows"]
    ]
    body = encode_catalogue(entries)
    file = sign_file(body, CATALOGUE_MAGIC, _basecamp(vector["basecamp"]))
    return {**vector, "cbor": body.hex(), "file": file.hex()}


def _points(reference: Vector) -> CoatPoints:
    places, codes = (
        np.frombuffer(bytes.fromhex(reference[name]), np.uint8).reshape(-1, size)
        for name, size in (("places", PLACE_BYTES), ("codes", CODE_BYTES))
    )
    return CoatPoints(places, codes)


def sealed_box(content: bytes, recipient: BasecampToken, ephemeral: bytes) -> bytes:
    """libsodium's crypto_box_seal, with a given ephemeral private key in place of a random one."""
    ephemeral_public, seal = bindings.crypto_scalarmult_base(ephemeral), bytes(recipient.seal)
    nonce = hashlib.blake2b(ephemeral_public + seal, digest_size=24).digest()
    return ephemeral_public + bindings.crypto_box(content, nonce, seal, ephemeral)


def secret_stream(chunks: Sequence[bytes], content_key: bytes, header: bytes) -> bytes:
    """The chunks with their lengths, under a given header in place of a random one."""
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    # Reading and writing begin in the same state; only init_pull takes the header from outside.
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, header, content_key)
    pieces = []
    for number, chunk in enumerate(chunks, start=1):
        tag = (
            bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
            if number == len(chunks)
            else bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
        )
        sealed = bindings.crypto_secretstream_xchacha20poly1305_push(state, chunk, None, tag)
        pieces.append(struct.pack(">I", len(sealed)) + sealed)
    return b"".join(pieces)


FILES: dict[str, Callable[[Vector], Vector]] = {
    **{name: partial(record, name) for name in RECORDS},
    "keys": key,
    "item-ids": item,
    "envelopes": envelope,
    "upload-envelopes": upload_envelope,
    "upload-authorizations": upload_authorization,
    "acknowledgement-envelopes": acknowledgement,
    "evidence": evidence,
    "descriptors": descriptor,
    "catalogue": catalogue,
    **{name: partial(air_record, name) for name in AIR_RECORDS},
    "air-frames": air_frame,
    "air-names": air_name,
}


def compute(name: str, folder: Path) -> str:
    """The text of one vector file, with every result computed anew from its inputs."""
    vectors = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    complete = FILES[name]
    return json.dumps([complete(one) for one in vectors], indent=1, ensure_ascii=False) + "\n"


def stale(folder: Path) -> list[Path]:
    """The files whose stored results are not what this version computes."""
    paths = {name: folder / f"{name}.json" for name in FILES}
    return [
        path
        for name, path in paths.items()
        if path.read_text(encoding="utf-8") != compute(name, folder)
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """0 when all is as stored or written, 1 when a result differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"default: {FOLDER}")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true", help="say which files differ")
    action.add_argument("--write", action="store_true", help="write the results anew")
    args = parser.parse_args(argv)
    if args.check:
        differing = stale(args.folder)
        for path in differing:
            print(f"{path}: the results are not what this version computes", file=sys.stderr)
        return 1 if differing else 0
    for name in FILES:
        text = compute(name, args.folder)
        (args.folder / f"{name}.json").write_text(text, encoding="utf-8")
    return 0


def _basecamp(keys: Vector) -> BasecampKey:
    unseal, sign = (bytes.fromhex(keys[part]) for part in ("unseal", "sign"))
    return BasecampKey(PrivateKey(unseal), SigningKey(sign))


def _station(keys: Vector) -> StationKey:
    return StationKey(SigningKey(bytes.fromhex(keys["sign"])))


if __name__ == "__main__":
    sys.exit(main())
