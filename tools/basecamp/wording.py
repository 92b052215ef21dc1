"""Values as a person reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from edge.records import Sighting
from tools.basecamp.picture_views import Picture
from tools.basecamp.views import StationView


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


def mood(station: StationView) -> str:
    """The class of a station's card: "alarmed", "well", or "new" before its first heartbeat."""
    if station.heartbeat is None:
        return "new"
    return "alarmed" if station.heartbeat.alarms else "well"


def of_kind(count: int, kind: str) -> str:
    """A number of items: "1 crop", "7 crops"."""
    plural = kind if kind in ("evidence", "unknown") or count == 1 else f"{kind}s"
    return f"{count} {plural}"


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
    "mood": mood,
    "of_kind": of_kind,
}
