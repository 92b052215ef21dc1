"""Views as JSON values, with the field's names; times in ISO 8601, UTC."""

from __future__ import annotations

from typing import Any

from edge.records import CropRef, Heartbeat, Vitals
from tools.basecamp.picture_views import picture_json
from tools.basecamp.radio_wording import beacon_json, heartbeat_json
from tools.basecamp.views import SightingView, StationView


def sighting_json(view: SightingView) -> dict[str, Any]:
    """A sighting with its pictures. Descriptors are named by scheme, side and frame alone."""
    sighting = view.sighting
    return {
        "station": sighting.station,
        "by_radio": False,
        "radio_at": None if view.radio_at is None else view.radio_at.isoformat(),
        "burst_id": sighting.burst_id,
        "captured_at": sighting.captured_at.isoformat(),
        "received_at": view.received_at.isoformat(),
        "clock": sighting.clock.value,
        "captured_between": None
        if view.between is None
        else [None if at is None else at.isoformat() for at in view.between.ends],
        "frame_count": sighting.frame_count,
        "observation_type": sighting.observation_type.value,
        "target": sighting.target,
        "people": sighting.people,
        "target_score": sighting.target_score,
        "species": [{"name": name, "score": score} for name, score in sighting.species],
        "count": sighting.count,
        "side": sighting.side.value,
        "quality": sighting.quality,
        "reason": sighting.reason,
        "doubts": list(sighting.doubts),
        "pictures": [picture_json(picture) for picture in view.pictures],
        "awaited_pictures": [_awaited_json(ref) for ref in view.awaited],
        "descriptors": [
            {"scheme": d.scheme, "side": d.side.value, "frame_index": d.frame_index}
            for d in sighting.descriptors
        ],
        "identities": [
            {"individual": one.individual, "score": one.score} for one in sighting.identities
        ],
        "not_in_catalogue": sighting.not_in_catalogue,
        "models": dict(sighting.models),
        **_vitals_json(sighting.vitals),
        "received_bytes": view.received_bytes,
    }


def station_json(view: StationView) -> dict[str, Any]:
    """A station with its last heartbeat; ``last_seen`` and ``heartbeat`` may be null."""
    return {
        "station": view.station,
        "enrolled_at": view.enrolled_at.isoformat(),
        "last_seen": None if view.last_seen is None else view.last_seen.isoformat(),
        "received_items": dict(view.counts),
        "received_bytes": view.received_bytes,
        "pictures_without_sighting": view.early_crops,
        "heartbeat": None if view.heartbeat is None else _heartbeat_json(view.heartbeat),
        "radio_heartbeat": None if view.radio is None else heartbeat_json(view.radio),
        "beacon": None if view.beacon is None else beacon_json(view.beacon),
    }


def _heartbeat_json(heartbeat: Heartbeat) -> dict[str, Any]:
    return {
        "sent_at": heartbeat.sent_at.isoformat(),
        "clock": heartbeat.clock.value,
        "uptime_s": heartbeat.uptime_s,
        "software": heartbeat.software,
        "counters": dict(heartbeat.counters),
        "outbox_items": heartbeat.outbox_items,
        "unjudged_bursts": heartbeat.unjudged_bursts,
        "free_bytes": heartbeat.free_bytes,
        "alarms": list(heartbeat.alarms),
        **_vitals_json(heartbeat.vitals),
        "solar_mv": heartbeat.vitals.solar_mv,
    }


def _vitals_json(vitals: Vitals) -> dict[str, Any]:
    return {"battery_mv": vitals.battery_mv, "temperature_c": vitals.temperature_c}


def _awaited_json(ref: CropRef) -> dict[str, Any]:
    return {
        "sha256": ref.sha256.hex(),
        "part": ref.part.value,
        "side": ref.side.value,
        "frame_index": ref.frame_index,
        "size_bytes": ref.size_bytes,
    }
