"""The page that specifies the wire format says what the code does."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pycddl
import pytest
from hypothesis import given

from edge.security.keys import BasecampKey, StationKey
from edge.spool.contents import frame_chunk, head_chunk
from edge.wire import codes
from edge.wire.heartbeat import encode_heartbeat
from edge.wire.message import _KINDS, encode_message
from edge.wire.sealing import Identity
from edge.wire.sighting import encode_sighting
from tests.wire import strategies as some
from tests.wire.vectors import load
from tools.vectors import BURST, RECORDS

PAGE = (Path(__file__).parents[2] / "docs" / "wire-format.md").read_text(encoding="utf-8")


@cache
def schema(rule: str) -> pycddl.Schema:
    [cddl] = re.findall(r"```cddl\n(.*?)```", PAGE, re.DOTALL)
    return pycddl.Schema(f"root = {rule}\n{cddl}")


VECTORS = [(record, vector) for record in RECORDS for vector in load(record)]
REFUSED = [vector for vector in load("refused") if vector["as"] in RECORDS]


@pytest.mark.parametrize(
    ("record", "vector"), VECTORS, ids=[f"{r}: {v['name']}" for r, v in VECTORS]
)
def test_every_vector_is_what_the_cddl_describes(record, vector):
    schema(record).validate_cbor(bytes.fromhex(vector["cbor"]))


def test_chunk_0_of_the_evidence_is_what_the_cddl_describes():
    for vector in load("evidence"):
        schema("burst-description").validate_cbor(bytes.fromhex(vector["chunks"][0]))


def test_a_burst_that_is_written_while_it_is_taken_is_what_the_cddl_describes():
    for vector in load("evidence"):
        burst = BURST.from_json(vector["value"])
        schema("burst-description").validate_cbor(head_chunk(burst))
        for frame in burst.frames:
            schema("whole-frame").validate_cbor(frame_chunk(frame))


@pytest.mark.parametrize(
    "vector",
    [vector for vector in REFUSED if not vector.get("beyond_cddl")],
    ids=lambda vector: f"{vector['as']}: {vector['name']}",
)
def test_the_cddl_refuses_what_the_code_refuses(vector):
    with pytest.raises(pycddl.ValidationError):
        schema(vector["as"]).validate_cbor(bytes.fromhex(vector["bytes"]))


@given(some.sightings)
def test_every_sighting_is_what_the_cddl_describes(sighting):
    schema("sighting").validate_cbor(encode_sighting(sighting))


@given(some.heartbeats)
def test_every_heartbeat_is_what_the_cddl_describes(heartbeat):
    schema("heartbeat").validate_cbor(encode_heartbeat(heartbeat))


@given(some.messages)
def test_every_message_is_what_the_cddl_describes(message):
    schema("message").validate_cbor(encode_message(message))


def test_the_page_s_codes_are_the_code_s():
    rows = re.findall(r"^\| \d ((?:\|[^|\n]*){6})\|$", PAGE, re.MULTILINE)
    cells = [[cell.strip().strip("`") for cell in row.split("|")[1:]] for row in rows]
    columns = zip(*cells, strict=True)
    tables = (
        codes.CLOCKS,
        codes.OBSERVATION_TYPES,
        codes.SIDES,
        codes.PARTS,
        codes.MEDIA_TYPES,
        _KINDS,
    )
    for column, table in zip(columns, tables, strict=True):
        assert [word for word in column if word] == [str(member) for member in table]


def test_the_page_s_sizes_are_those_of_the_vectors():
    identity = Identity("ridge-2", StationKey.generate(), BasecampKey.generate().token)
    sightings = load("sighting")
    measured = {
        "sighting, three crops named and a 24 B descriptor": sightings[0],
        "sighting, only what must be there": sightings[1],
        "alert (a person), without pictures": sightings[2],
        "heartbeat": load("heartbeat")[0],
    }
    for what, vector in measured.items():
        record = bytes.fromhex(vector["cbor"])
        envelope = identity.seal(bytes(16), _KINDS[0], record)
        assert f"| {what} | {len(record)} B | {len(envelope)} B |" in PAGE
