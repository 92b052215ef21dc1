"""The sighting record: an observation of the target species, without a place."""

from __future__ import annotations

from typing import Any

from edge.records import RUN_BYTES, CropRef, Descriptor, Identity, Sighting, SinceBoot
from edge.times import to_epoch_ms
from edge.wire import codes
from edge.wire.cbor import (
    Fields,
    check_count,
    code_of,
    dumps,
    from_ms,
    from_permille,
    loads,
    member_of,
    to_permille,
)
from edge.wire.errors import WireError
from edge.wire.vitals import decode_vitals, encode_vitals

VERSION = 1
_SHA256_BYTES = 32
_MOST_IDENTITIES = 2


def encode_sighting(sighting: Sighting) -> bytes:
    """The record as deterministic CBOR; empty and unknown fields are left out."""
    fields: dict[int, Any] = {
        0: VERSION,
        1: sighting.station,
        2: bytes.fromhex(sighting.burst_id),
        3: to_epoch_ms(sighting.captured_at),
        4: code_of(sighting.clock, codes.CLOCKS),
        5: sighting.frame_count,
        6: code_of(sighting.observation_type, codes.OBSERVATION_TYPES),
        7: sighting.target,
        8: to_permille(sighting.target_score),
        9: [[name, to_permille(score)] for name, score in sighting.species],
        10: sighting.count,
        11: code_of(sighting.side, codes.SIDES),
        12: to_permille(sighting.quality),
        13: sighting.reason,
        14: list(sighting.doubts),
        15: [_crop_row(crop) for crop in sighting.crops],
        16: [_descriptor_row(descriptor) for descriptor in sighting.descriptors],
        17: dict(sighting.models),
        **encode_vitals(sighting.vitals, first_key=18),
        20: [[one.individual, to_permille(one.score)] for one in sighting.identities],
    }
    if sighting.not_in_catalogue is not None:
        fields[21] = to_permille(sighting.not_in_catalogue)
    if sighting.people:
        fields[22] = True
    if sighting.since_boot is not None:
        fields[23] = [sighting.since_boot.run, sighting.since_boot.seconds]
    return dumps({key: value for key, value in fields.items() if value not in ("", [], {})})


def decode_sighting(data: bytes) -> Sighting:
    """The record in ``data``. Raises WireError."""
    fields = Fields(loads(data), "sighting")
    version = fields.need(0, "version", int)
    if version != VERSION:
        raise WireError(f"sighting: version {version} is not known here; update basecamp")
    return Sighting(
        station=fields.need(1, "station", str),
        burst_id=fields.octets(2, "burst id", codes.BURST_ID_BYTES).hex(),
        captured_at=from_ms(fields.need(3, "captured at", int)),
        clock=member_of(fields.need(4, "clock", int), codes.CLOCKS, "clock"),
        frame_count=fields.count(5, "frame count"),
        observation_type=member_of(
            fields.need(6, "observation type", int), codes.OBSERVATION_TYPES, "observation type"
        ),
        target=fields.need(7, "target", bool),
        target_score=from_permille(fields.need(8, "target score", int)),
        species=tuple((n, from_permille(s)) for n, s in fields.rows(9, "species", (str, int))),
        count=fields.count(10, "count"),
        side=member_of(fields.need(11, "side", int), codes.SIDES, "side"),
        quality=from_permille(fields.need(12, "quality", int)),
        reason=fields.get(13, "reason", str, ""),
        doubts=fields.texts(14, "doubts"),
        crops=tuple(
            _crop_ref(row) for row in fields.rows(15, "crops", (int, int, int, int, int, bytes))
        ),
        descriptors=tuple(
            _descriptor(row) for row in fields.rows(16, "descriptors", (str, int, int, bytes))
        ),
        models=fields.table(17, "models", str),
        vitals=decode_vitals(fields, first_key=18),
        identities=_identities(fields),
        not_in_catalogue=from_permille(fields.need(21, "not in catalogue", int))
        if 21 in fields
        else None,
        people=fields.get(22, "people", bool, False),
        since_boot=_since_boot(fields),
    )


def _since_boot(fields: Fields) -> SinceBoot | None:
    if 23 not in fields:
        return None
    row = fields.need(23, "since boot", list)
    if len(row) != 2 or not isinstance(row[0], bytes) or len(row[0]) != RUN_BYTES:
        raise WireError("sighting: field 23 (since boot) is not a run of 4 bytes and its age")
    return SinceBoot(row[0], check_count(row[1], "sighting: the age of a run"))


def _identities(fields: Fields) -> tuple[Identity, ...]:
    rows = fields.rows(20, "identities", (str, int))
    if len(rows) > _MOST_IDENTITIES:
        raise WireError(f"sighting: {len(rows)} identities, expected at most {_MOST_IDENTITIES}")
    return tuple(Identity(name, from_permille(score)) for name, score in rows)


def _crop_row(crop: CropRef) -> list[Any]:
    return [
        code_of(crop.part, codes.PARTS),
        code_of(crop.side, codes.SIDES),
        crop.frame_index,
        code_of(crop.media_type, codes.MEDIA_TYPES),
        crop.size_bytes,
        crop.sha256,
    ]


def _crop_ref(row: tuple[Any, ...]) -> CropRef:
    part, side, frame_index, media_type, size_bytes, sha256 = row
    if len(sha256) != _SHA256_BYTES:
        raise WireError(f"sighting: a crop's SHA-256 has {len(sha256)} bytes, expected 32")
    return CropRef(
        part=member_of(part, codes.PARTS, "part"),
        side=member_of(side, codes.SIDES, "side"),
        frame_index=check_count(frame_index, "sighting: a crop's frame index"),
        media_type=member_of(media_type, codes.MEDIA_TYPES, "media type"),
        size_bytes=check_count(size_bytes, "sighting: a crop's size"),
        sha256=sha256,
    )


def _descriptor_row(descriptor: Descriptor) -> list[Any]:
    side = code_of(descriptor.side, codes.SIDES)
    return [descriptor.scheme, side, descriptor.frame_index, descriptor.data]


def _descriptor(row: tuple[Any, ...]) -> Descriptor:
    scheme, side, frame_index, code = row
    return Descriptor(
        scheme=scheme,
        side=member_of(side, codes.SIDES, "side"),
        frame_index=check_count(frame_index, "sighting: a descriptor's frame index"),
        data=code,
    )
