"""Crops over radio in basecamp's store: what of them has come, what to ask a station for.

Each function works within the caller's transaction, so that a fragment is kept together with the
replay windows of the frame that it came in, and a want with the counter that it goes out under.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from edge.security.errors import SealError
from edge.security.keys import BasecampKey
from edge.security.radio_key import RadioKeys
from edge.wire.air.fragments import SLOTS, CropName, Fragment, NotHere
from edge.wire.air.want import encode_want
from edge.wire.errors import WireError
from tools.basecamp import radio_wishes
from tools.basecamp.errors import StoreError
from tools.basecamp.fragments import CropArrived, CropNotHere, StationCrops
from tools.basecamp.fragments_received import received_crop
from tools.basecamp.fragments_state import decode_crops, encode_crops
from tools.basecamp.radio_wishes import Wish
from tools.basecamp.shelf import Shelf, shelve

log = logging.getLogger(__name__)

PATIENCE = 2
"""After so many heartbeats without a piece between them a want is told again. What answers the
first uplink reaches the station with the second: to repeat it sooner has the station send
everything twice."""
MOST_PATIENCE = 8
"""Each repetition takes twice the patience, up to this: a station whose data rate carries no crop
stays silent, and every downlink costs a gateway its ears."""


class Progress(StrEnum):
    """What a fragment did for a crop."""

    UNWANTED = "unwanted"
    PIECE = "piece"
    STORED = "stored"
    ABSENT = "absent"
    SPOILT = "spoilt"


@dataclass(frozen=True, slots=True)
class CropNews:
    """What came of a fragment. ``problem`` says why a crop is SPOILT, and what follows."""

    progress: Progress
    name: CropName | None = None
    problem: str = ""


def take_fragment(
    connection: sqlite3.Connection,
    keys: RadioKeys,
    fragment: Fragment | NotHere,
    shelf: Shelf,
    key: BasecampKey,
) -> CropNews:
    """Keep what ``fragment`` brought, and the crop as soon as it is whole. Raises StoreError."""
    crops = _crops(connection, keys)
    if all(assembly.slot != fragment.slot for assembly in crops.assemblies):
        return CropNews(Progress.UNWANTED)
    outcome = crops.take(fragment)
    news = CropNews(Progress.PIECE)
    match outcome:
        case CropArrived():
            news = _keep(connection, keys.station, outcome, shelf, key)
        case CropNotHere(name=name):
            radio_wishes.settle(connection, keys.station, name, Wish.ABSENT)
            news = CropNews(Progress.ABSENT, name)
    _save(connection, keys, crops)
    return news


def want_due(connection: sqlite3.Connection, keys: RadioKeys) -> bool:
    """Whether the station should hear a want now: it has reason to, or it is silent since the last
    one, which may have been lost without a trace."""
    crops = _crops(connection, keys)
    if crops.due() or not crops.assemblies:
        return crops.due()
    row = connection.execute(
        "SELECT heartbeats >= patience FROM radio_crops WHERE station = ? AND fingerprint = ?",
        _where(keys),
    ).fetchone()
    return row is not None and bool(row[0])


def tell_want(
    connection: sqlite3.Connection, keys: RadioKeys, fits: Callable[[bytes], bool]
) -> bytes | None:
    """What the station is told now: of the crops, most wanted first, as many as ``fits`` has room
    for. None where it has room for none."""
    crops = _crops(connection, keys)
    repetition = not crops.due()
    wanted = len(crops.want().crops)
    for most in range(wanted, min(wanted, 1) - 1, -1):
        record = encode_want(crops.want(most))
        if fits(record):
            crops.tell(most)
            _save(connection, keys, crops, repetition)
            return record
    return None


def heartbeat_came(connection: sqlite3.Connection, keys: RadioKeys) -> None:
    """The station speaks, but sends no piece of a crop."""
    connection.execute(
        "UPDATE radio_crops SET heartbeats = heartbeats + 1 WHERE station = ? AND fingerprint = ?",
        _where(keys),
    )


def coming(connection: sqlite3.Connection, station: str) -> dict[CropName, tuple[int, int]]:
    """The crops that have begun to come: how many pieces of each are here, and how many it has."""
    rows = connection.execute(
        "SELECT state FROM radio_crops WHERE station = ?", (station,)
    ).fetchall()
    found: dict[CropName, tuple[int, int]] = {}
    for (state,) in rows:
        for one in _decoded(state, station).assemblies:
            if one.symbols:
                # Twice only where the station was given another key meanwhile.
                pieces = min(len(one.symbols), one.source_symbols), one.source_symbols
                found[one.name] = max(pieces, found.get(one.name, (0, 0)))
    return found


def _keep(
    connection: sqlite3.Connection,
    station: str,
    arrived: CropArrived,
    shelf: Shelf,
    key: BasecampKey,
) -> CropNews:
    try:
        received = received_crop(arrived, station, key)
    except (SealError, WireError) as error:
        again = radio_wishes.failed(connection, station, arrived.name)
        follows = "it is asked for once more" if again else "it is not asked for again"
        return CropNews(Progress.SPOILT, arrived.name, f"{error}; {follows}")
    shelve(connection, received, shelf.write(received), by_radio=True)
    radio_wishes.settle(connection, station, arrived.name, Wish.HERE)
    return CropNews(Progress.STORED, arrived.name)


def _crops(connection: sqlite3.Connection, keys: RadioKeys) -> StationCrops:
    """As far as they have come, and in line with what is wanted now."""
    row = connection.execute(
        "SELECT state FROM radio_crops WHERE station = ? AND fingerprint = ?", _where(keys)
    ).fetchone()
    crops = StationCrops() if row is None else _decoded(row[0], keys.station)
    _line_up(connection, keys.station, crops)
    return crops


def _line_up(connection: sqlite3.Connection, station: str, crops: StationCrops) -> None:
    """Let go of what is not wanted any more, and ask for what is, the best first. What has begun
    to come keeps its place."""
    for assembly in crops.assemblies:
        if radio_wishes.state_of(connection, station, assembly.name) is not Wish.WANTED:
            crops.enough(assembly.name)
    best = dict(radio_wishes.wanted(connection, station, SLOTS))
    begun = {assembly.name for assembly in crops.assemblies if assembly.symbols}
    line = [*begun, *[name for name in best if name not in begun][: SLOTS - len(begun)]]
    for assembly in crops.assemblies:
        if assembly.name not in line:
            crops.enough(assembly.name)
    for name in line:
        if name in best:
            crops.ask(name, best[name])


def _decoded(state: bytes, station: str) -> StationCrops:
    try:
        return decode_crops(state)
    except StoreError as error:
        # Nothing but airtime is lost: what is wanted stands in the list of wishes.
        log.warning("%s: %s", station, error)
        return StationCrops()


def _save(
    connection: sqlite3.Connection, keys: RadioKeys, crops: StationCrops, repetition: bool = False
) -> None:
    """What has come, and that the station was heard or told just now."""
    connection.execute(
        "INSERT INTO radio_crops (station, fingerprint, state, patience) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (station, fingerprint) DO UPDATE SET state = ?3, heartbeats = 0,"
        " patience = CASE WHEN ?5 THEN min(2 * patience, ?6) ELSE ?4 END",
        (*_where(keys), encode_crops(crops), PATIENCE, repetition, MOST_PATIENCE),
    )


def _where(keys: RadioKeys) -> tuple[str, bytes]:
    return keys.station, keys.fingerprint
