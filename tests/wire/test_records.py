"""Every record goes over the wire and comes back as itself; damaged ones only ever raise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import Box, Crop, CropRef, Part, Side, Sighting, Vitals
from edge.times import from_epoch_ms
from edge.wire.cbor import dumps, loads
from edge.wire.crop import decode_crop, encode_crop, reference
from edge.wire.errors import WireError
from edge.wire.heartbeat import decode_heartbeat, encode_heartbeat
from edge.wire.message import (
    decode_acknowledgement,
    decode_message,
    encode_acknowledgement,
    encode_message,
)
from edge.wire.sighting import decode_sighting, encode_sighting
from tests.wire import strategies as some
from tests.wire.vectors import load

crops = st.builds(
    Crop,
    part=st.sampled_from(Part),
    side=st.sampled_from(Side),
    frame_index=some.counts,
    box=st.just(Box(0, 0, 1, 1)),
    media_type=st.sampled_from(["image/avif", "image/webp", "image/jpeg"]),
    width_px=st.just(1),
    height_px=st.just(1),
    quality=st.just(0.5),
    data=st.binary(max_size=100),
)
item_ids = st.lists(st.binary(min_size=16, max_size=16), max_size=5)

ENCODED: dict[str, tuple[st.SearchStrategy[bytes], Callable[[bytes], Any]]] = {
    "sighting": (some.sightings.map(encode_sighting), decode_sighting),
    "heartbeat": (some.heartbeats.map(encode_heartbeat), decode_heartbeat),
    "crop": (st.builds(encode_crop, some.burst_ids, crops), decode_crop),
    "message": (some.messages.map(encode_message), decode_message),
    "acknowledgement": (item_ids.map(encode_acknowledgement), decode_acknowledgement),
}
each_record = pytest.mark.parametrize("record", ENCODED)


@given(some.sightings)
def test_a_sighting_comes_back_as_it_was(sighting):
    assert decode_sighting(encode_sighting(sighting)) == sighting


@given(some.heartbeats)
def test_a_heartbeat_comes_back_as_it_was(heartbeat):
    assert decode_heartbeat(encode_heartbeat(heartbeat)) == heartbeat


@given(some.messages)
def test_a_message_comes_back_as_it_was(message):
    assert decode_message(encode_message(message)) == message


@given(item_ids)
def test_an_acknowledgement_comes_back_as_it_was(ids):
    assert decode_acknowledgement(encode_acknowledgement(ids)) == ids


@given(some.burst_ids, crops)
def test_a_crop_arrives_under_the_reference_that_its_sighting_gave(burst_id, crop):
    arrived = decode_crop(encode_crop(burst_id, crop))
    assert (arrived.burst_id, arrived.ref, arrived.data) == (burst_id, reference(crop), crop.data)


@given(
    some.sightings,
    st.floats(0, 1),
    st.floats(-200, 1000, allow_nan=False),
    st.integers(0, 999),
)
def test_precision_is_a_permille_a_tenth_of_a_degree_and_a_millisecond(
    sighting, score, temperature_c, extra_us
):
    exact = replace(
        sighting,
        captured_at=sighting.captured_at.replace(microsecond=500_000 + extra_us),
        target_score=score,
        vitals=Vitals(temperature_c=temperature_c),
    )
    arrived = decode_sighting(encode_sighting(exact))
    assert arrived.captured_at == exact.captured_at.replace(microsecond=500_000)
    assert abs(arrived.target_score - score) <= 0.000_5 + 1e-12
    assert abs(arrived.vitals.temperature_c - temperature_c) <= 0.05 + 1e-9


def test_a_score_beyond_its_range_is_clamped_before_it_is_sent(a_sighting):
    for score, sent in ((1.2, 1.0), (-0.1, 0.0)):
        assert decode_sighting(encode_sighting(replace(a_sighting, quality=score))).quality == sent


def test_every_temperature_can_be_told_from_none(a_sighting):
    vitals = Vitals(temperature_c=-(2.0**31) / 10)
    arrived = decode_sighting(encode_sighting(replace(a_sighting, vitals=vitals)))
    assert arrived.vitals == vitals


@each_record
@given(data=st.data())
def test_random_bytes_only_ever_raise_wire_error(record, data):
    _decodes_or_is_refused(ENCODED[record][1], data.draw(st.binary(max_size=100)))


@each_record
@given(data=st.data())
def test_changed_bytes_only_ever_raise_wire_error(record, data):
    strategy, decode = ENCODED[record]
    encoded = bytearray(data.draw(strategy))
    for _ in range(data.draw(st.integers(1, 4))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    _decodes_or_is_refused(decode, bytes(encoded))


@each_record
@given(data=st.data())
def test_a_field_of_another_kind_only_ever_raises_wire_error(record, data):
    strategy, decode = ENCODED[record]
    value = loads(data.draw(strategy))
    strange = data.draw(
        st.sampled_from([None, True, -1, 2**64 - 1, -(2**64), "", "x", b"", b"x", [], [[]], {}])
    )
    if isinstance(value, dict):
        value[data.draw(st.sampled_from(sorted(value)))] = strange
    else:
        value = [*value, strange]
    _decodes_or_is_refused(decode, dumps(value))


@each_record
@given(data=st.data())
def test_a_cut_record_is_refused_at_every_byte(record, data):
    strategy, decode = ENCODED[record]
    encoded = data.draw(strategy)
    for size in range(len(encoded)):
        with pytest.raises(WireError):
            decode(encoded[:size])


@pytest.mark.parametrize("record", [name for name in ENCODED if name != "acknowledgement"])
@given(data=st.data())
def test_a_field_of_a_later_version_is_passed_over(record, data):
    strategy, decode = ENCODED[record]
    encoded = data.draw(strategy)
    later = dumps({**loads(encoded), 99: {"new": [1, b"x"]}})
    assert decode(later) == decode(encoded)


def test_a_sighting_of_a_later_version_asks_for_an_update(a_sighting):
    fields = loads(encode_sighting(a_sighting))
    with pytest.raises(WireError, match="version 2 is not known here; update basecamp"):
        decode_sighting(dumps({**fields, 0: 2}))


def test_a_message_of_a_later_kind_asks_for_an_update():
    fields = {1: "ridge-2", 2: bytes(16), 3: 4, 4: b""}
    with pytest.raises(WireError, match="kind 4 is not known here; update basecamp"):
        decode_message(dumps(fields))


@pytest.fixture
def a_sighting() -> Sighting:
    from edge.records import ClockQuality, ObservationType

    flank = CropRef(Part.FLANK, Side.LEFT, 0, "image/avif", 3, bytes(32))
    return Sighting(
        station="ridge-2",
        burst_id="00" * 16,
        captured_at=from_epoch_ms(0),
        clock=ClockQuality.GPS,
        frame_count=3,
        observation_type=ObservationType.ANIMAL,
        target=True,
        target_score=0.9,
        species=(),
        count=1,
        side=Side.LEFT,
        quality=0.5,
        reason="",
        doubts=(),
        crops=(flank,),
        descriptors=(),
        models=(),
    )


def _decodes_or_is_refused(decode: Callable[[bytes], Any], data: bytes) -> None:
    try:
        decode(data)
    except WireError as error:
        assert str(error)


def test_a_sighting_names_at_most_two_identities():
    fields = loads(bytes.fromhex(load("sighting")[-2]["cbor"]))
    fields[20].append(["PU-99", 1])
    with pytest.raises(WireError, match="3 identities"):
        decode_sighting(dumps(fields))
