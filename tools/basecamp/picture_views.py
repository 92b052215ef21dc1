"""Stored pictures as the page and the JSON show them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

_PART_ORDER = {"flank": 0, "head": 1, "animal": 2, "frame": 3}


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored picture and what it shows."""

    sha256: str
    media_type: str
    part: str
    side: str
    frame_index: int
    size_bytes: int


def pictures_of(
    connection: sqlite3.Connection, station: str, reference: bytes, burst_id: str | None = None
) -> tuple[Picture, ...]:
    """The crops that have come of a burst, the most telling first. The radio knows a burst by its
    reference alone."""
    rows = connection.execute(
        "SELECT sha256, media_type, part, side, frame_index, media.size_bytes"
        " FROM crops JOIN media USING (sha256)"
        " WHERE station = ?1 AND reference = ?2 AND (?3 IS NULL OR burst_id = ?3)",
        (station, reference, burst_id),
    ).fetchall()
    return tuple(sorted((Picture(*row) for row in rows), key=_most_telling_first))


def frames_of(connection: sqlite3.Connection, item: int) -> tuple[Picture, ...]:
    """The frames of an evidence file, in order."""
    rows = connection.execute(
        "SELECT sha256, media_type, 'frame', 'unclear', frame_index, size_bytes"
        " FROM frames JOIN media USING (sha256) WHERE item = ? ORDER BY frame_index",
        (item,),
    ).fetchall()
    return tuple(Picture(*row) for row in rows)


def picture_json(picture: Picture) -> dict[str, Any]:
    """As a JSON value."""
    return {
        "url": f"/media/{picture.sha256}",
        "sha256": picture.sha256,
        "media_type": picture.media_type,
        "part": picture.part,
        "side": picture.side,
        "frame_index": picture.frame_index,
        "size_bytes": picture.size_bytes,
    }


def _most_telling_first(picture: Picture) -> tuple[int, int, str]:
    return _PART_ORDER.get(picture.part, len(_PART_ORDER)), -picture.size_bytes, picture.sha256
