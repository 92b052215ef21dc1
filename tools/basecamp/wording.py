"""Values as a person reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from edge.health.clock_bounds import Bounds
from edge.records import Heartbeat, Sighting
from tools.basecamp.picture_views import Picture
from tools.basecamp.views import StationView

_SAME_MINUTE = timedelta(minutes=1)
"""Bounds as near as this are told as one time."""


def utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def size(size_bytes: int) -> str:
    """Bytes in decimal units (IEC 80000-13): 940 B, 5.3 kB, 12.0 GB."""
    value = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def duration(seconds: int) -> str:
    """The two largest units: 3 d 4 h, 12 min 5 s."""
    parts: list[str] = []
    for unit, length_s in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, length_s)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def percent(score: float) -> str:
    return f"{score * 100:.0f} %"


def verdict(sighting: Sighting) -> str:
    """The verdict in a few words."""
    if sighting.target:
        return "target, with people" if sighting.people else "target"
    return sighting.observation_type.value


def likeness(sighting: Sighting) -> str:
    """Whom the station takes it for: "most like PU-07 (0.71), PU-12 (0.12); none of these 0.17"."""
    if sighting.not_in_catalogue is None:
        return ""
    if not sighting.identities:
        return "nobody is in the station's catalogue from this side"
    named = ", ".join(f"{one.individual} ({one.score:.2f})" for one in sighting.identities)
    return f"most like {named}; none of these {sighting.not_in_catalogue:.2f}"


def shows(picture: Picture) -> str:
    """What a picture shows: "left flank, frame 3"."""
    side = "" if picture.side == "unclear" else f"{picture.side} "
    what = "whole frame" if picture.part == "frame" else f"{side}{picture.part}"
    return f"{what}, frame {picture.frame_index + 1}"


def clock_doubt(clock: str) -> str:
    """What to say of an event's time; nothing where it is sound."""
    return {"unset": "the clock was not set", "rtc": "clock of the board"}.get(clock, "")


def between(found: Bounds) -> str:
    """When something was, whose clock was not set: "it was 2026-06-01 11:59 UTC"."""
    earliest, latest = found.ends
    if earliest is None or latest is None:
        if latest is not None:
            return f"it was before {utc(latest)}"
        return "nobody knows when it was" if earliest is None else f"it was after {utc(earliest)}"
    if latest - earliest < _SAME_MINUTE:
        return f"it was {utc(earliest + (latest - earliest) / 2)}"
    return f"it was between {utc(earliest)} and {utc(latest)}"


def mood(station: StationView) -> str:
    """The class of a station's card: "alarmed", "well", or "new" before its first heartbeat."""
    if station.heartbeat is None:
        return "new"
    return "alarmed" if station.heartbeat.alarms else "well"


def of_kind(count: int, kind: str) -> str:
    """A number of items: "1 crop", "7 crops"."""
    plural = kind if kind in ("evidence", "unknown") or count == 1 else f"{kind}s"
    return f"{count} {plural}"


def camera_days(heartbeat: Heartbeat) -> str:
    """How long a station watched, armed or asleep under its controller's eye: "12.31 camera-days
    (98.2 %)"; empty where it does not tell."""
    counters = dict(heartbeat.counters)
    if "armed_s" not in counters:
        return ""
    armed_s = counters["armed_s"]
    wall_s = armed_s + counters.get("blind_s", 0) + counters.get("off_s", 0)
    watched_s = armed_s + counters.get("asleep_s", 0)
    return f"{watched_s / 86_400:.2f} camera-days" + (
        f" ({100 * watched_s / wall_s:.1f} %)" if wall_s else ""
    )


FILTERS: dict[str, Callable[..., str]] = {
    "utc": utc,
    "iso": iso,
    "size": size,
    "duration": duration,
    "percent": percent,
    "verdict": verdict,
    "likeness": likeness,
    "shows": shows,
    "clock_doubt": clock_doubt,
    "between": between,
    "mood": mood,
    "of_kind": of_kind,
    "camera_days": camera_days,
}
