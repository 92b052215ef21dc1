"""Records as hypothesis draws them: everything the types allow, at the precision of the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from edge.records import (
    ClockQuality,
    CropRef,
    Descriptor,
    Heartbeat,
    Identity,
    ItemKind,
    ObservationType,
    Part,
    Side,
    Sighting,
    SinceBoot,
    Vitals,
)
from edge.wire.codes import MEDIA_TYPES
from edge.wire.message import Message

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
counts = st.integers(0, 2**53 - 1)
permille = st.integers(0, 1000).map(lambda value: value / 1000)
stations = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", fullmatch=True)
burst_ids = st.binary(min_size=16, max_size=16).map(bytes.hex)
moments = st.integers(-62_135_596_800_000, 253_402_300_799_999).map(
    lambda ms: EPOCH + timedelta(milliseconds=ms)
)
vitals = st.builds(
    Vitals,
    battery_mv=st.none() | counts,
    temperature_c=st.none() | st.integers(-2730, 10_000).map(lambda tenths: tenths / 10),
)
crop_refs = st.builds(
    CropRef,
    part=st.sampled_from(Part),
    side=st.sampled_from(Side),
    frame_index=counts,
    media_type=st.sampled_from(MEDIA_TYPES),
    size_bytes=counts,
    sha256=st.binary(min_size=32, max_size=32),
)
descriptors = st.builds(
    Descriptor,
    scheme=texts,
    side=st.sampled_from(Side),
    frame_index=counts,
    data=st.binary(max_size=40),
)


def _sorted_pairs(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.dictionaries(texts, values, max_size=4).map(lambda d: tuple(sorted(d.items())))


sightings = st.builds(
    Sighting,
    station=stations,
    burst_id=burst_ids,
    captured_at=moments,
    clock=st.sampled_from(ClockQuality),
    frame_count=counts,
    observation_type=st.sampled_from(ObservationType),
    target=st.booleans(),
    target_score=permille,
    species=st.lists(st.tuples(texts, permille), max_size=4).map(tuple),
    count=counts,
    side=st.sampled_from(Side),
    quality=permille,
    reason=texts,
    doubts=st.lists(texts, max_size=4).map(tuple),
    crops=st.lists(crop_refs, max_size=3).map(tuple),
    descriptors=st.lists(descriptors, max_size=3).map(tuple),
    models=_sorted_pairs(texts),
    vitals=vitals,
    identities=st.lists(st.builds(Identity, individual=texts, score=permille), max_size=2).map(
        tuple
    ),
    not_in_catalogue=st.none() | permille,
    since_boot=st.none()
    | st.builds(SinceBoot, run=st.binary(min_size=4, max_size=4), seconds=counts),
)
heartbeats = st.builds(
    Heartbeat,
    station=stations,
    sent_at=moments,
    clock=st.sampled_from(ClockQuality),
    uptime_s=counts,
    software=texts,
    counters=_sorted_pairs(counts),
    outbox_items=counts,
    unjudged_bursts=counts,
    free_bytes=counts,
    alarms=st.lists(texts, max_size=3).map(tuple),
    vitals=vitals,
)
messages = st.builds(
    Message,
    station=stations,
    item_id=st.binary(min_size=16, max_size=16),
    kind=st.sampled_from(ItemKind),
    payload=st.binary(max_size=200),
)
