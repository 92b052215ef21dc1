"""Whatever an enrolled station signs becomes an item: read, or kept as unreadable."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import ItemKind, Sighting
from edge.security.keys import BasecampKey
from edge.wire.cbor import dumps
from edge.wire.message import Message, encode_message, item_id
from tools.basecamp.content import Received, Unreadable, read_body
from tools.basecamp.errors import WrongStation
from tools.basecamp.pictures import media_type_of

from . import samples

KEY = BasecampKey.generate()


def read(body: bytes) -> Received:
    return read_body(body, "ridge-2", KEY.unseal, len(body))


@given(st.sampled_from(list(ItemKind)), st.binary(max_size=200))
def test_any_payload_gives_an_item_with_its_own_id(kind: ItemKind, payload: bytes) -> None:
    identity = item_id(kind.value, payload.hex())
    received = read(encode_message(Message("ridge-2", identity, kind, payload)))
    assert received.item_id == identity
    assert received.payload == payload


@given(st.binary(max_size=200))
def test_any_bytes_give_an_item_or_name_another_station(body: bytes) -> None:
    try:
        received = read(body)
    except WrongStation:
        return
    assert len(received.item_id) == 16
    assert received.body == body


def test_a_kind_of_a_later_version_keeps_its_item_id() -> None:
    body = dumps({1: "ridge-2", 2: bytes(range(16)), 3: 77, 4: b"new"})
    received = read(body)
    assert received.item_id == bytes(range(16))
    assert isinstance(received.content, Unreadable)


@pytest.mark.parametrize("kind", [0, 77])
def test_a_body_that_names_another_station_is_refused(kind: int) -> None:
    body = dumps({1: "ridge-3", 2: bytes(16), 3: kind, 4: b""})
    with pytest.raises(WrongStation, match="ridge-3"):
        read(body)


def test_a_sighting_of_another_station_inside_is_not_shown_as_one() -> None:
    message = samples.sighting_message(samples.sighting(1, station="ridge-3"))
    received = read(encode_message(replace(message, station="ridge-2")))
    assert isinstance(received.content, Unreadable)
    assert "ridge-3" in received.content.reason


@pytest.mark.parametrize("count", [2**64, 10**400])
def test_a_number_too_large_to_be_true_is_unreadable(count: int) -> None:
    message = samples.sighting_message(samples.sighting(1, count=count))
    assert isinstance(read(encode_message(message)).content, Unreadable)
    honest = samples.sighting_message(samples.sighting(1, count=3))
    assert isinstance(read(encode_message(honest)).content, Sighting)


def test_damaged_evidence_is_kept_as_it_came() -> None:
    message = samples.evidence_message(samples.burst(1, samples.picture(1)), KEY)
    cut = replace(message, payload=message.payload[:-5])
    received = read(encode_message(cut))
    assert isinstance(received.content, Unreadable)
    assert cut.payload in received.body


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/webp", "image/avif"])
def test_a_picture_type_is_told_from_real_files(media_type: str) -> None:
    assert media_type_of(samples.picture(5, media_type)) == media_type


@given(st.binary(max_size=20))
def test_no_bytes_upset_the_telling_of_picture_types(data: bytes) -> None:
    assert media_type_of(data)
