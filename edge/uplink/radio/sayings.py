"""What a station can say over LoRaWAN: news, a sign of life, a beacon, pieces of crops."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from edge.records import ItemKind
from edge.spool.news import News, Waiting
from edge.uplink.hearing import numbered
from edge.uplink.schedule.situation import Candidate, Form
from edge.uplink.schedule.values import ValueClass, value_class
from edge.wire.air.beacon import BEACON_BYTES, beacon_about
from edge.wire.air.channel import Sealer
from edge.wire.air.fragments import CropName
from edge.wire.air.frame import OVERHEAD_BYTES
from edge.wire.air.kinds import LARGEST_RECORD_BYTES
from edge.wire.air.moment import Uptime, age_s
from edge.wire.air.sighting import RadioSighting, decode_radio_sighting
from edge.wire.errors import WireError

if TYPE_CHECKING:
    from edge.uplink.radio.crop_sender import CropSender

NAME = "lorawan"
LONGEST_BYTES = OVERHEAD_BYTES + LARGEST_RECORD_BYTES
"""Of news and heartbeats, sealed."""
_ID_BYTES = 16


class Beats(Protocol):
    """When the next sign of life is due, over more runs than this one."""

    def due_in_s(self) -> float: ...

    def said(self) -> None: ...


@dataclass(frozen=True, slots=True)
class RadioTerms:
    """``heartbeat`` makes a record of how the station is, said every ``heartbeat_s``; ``uptime``
    tells in which run of the machine this is, and since when. ``beats`` holds back what was said
    before this run, None: nothing does."""

    heartbeat: Callable[[], bytes]
    heartbeat_s: float
    uptime: Callable[[], Uptime]
    beats: Beats | None = None


@dataclass(frozen=True, slots=True)
class Saying:
    """Something to say. ``size_bytes`` is the most that ``seal`` makes of it, and that makes it
    only once there is airtime: it takes a number, and may note that a piece of a crop is gone."""

    kind: ItemKind
    size_bytes: int
    seal: Callable[[], bytes | None]


class Sayings:
    """Makes them; and tells the scheduler of those that are for this link alone.

    ``own`` may be called from any thread, one at a time; all else from that of the link's stage.
    """

    def __init__(
        self,
        news: News,
        sealer: Sealer,
        terms: RadioTerms,
        crops: CropSender | None,
        now: Callable[[], float],
    ) -> None:
        self._news, self._sealer, self._terms, self._crops = news, sealer, terms, crops
        self._now = now
        self._heartbeat_due_s = now()
        self._asked_first: tuple[bytes, float] = (b"", 0.0)

    def own(self, now_s: float, payload_bytes: int, takes_crops: bool) -> list[Candidate]:
        """What waits beside the outbox where a packet holds ``payload_bytes``."""
        found = []
        late_s = self._now() - self._heartbeat_due_s
        if late_s >= 0 and (self._terms.beats is None or self._terms.beats.due_in_s() <= 0):
            found.append(_heartbeat(now_s - late_s))
        if is_narrow(payload_bytes) and (beacon := self._beacon_candidate(now_s)) is not None:
            found.append(beacon)
        if takes_crops and (crop := self._crop_candidate(now_s, payload_bytes)) is not None:
            found.append(crop)
        return found

    def of(self, item_id: bytes, payload_bytes: int) -> Saying | None:
        """How to say it in a packet; None where there is nothing more to say of it."""
        if item_id == HEARTBEAT_ID:
            return self._record(ItemKind.HEARTBEAT, self._terms.heartbeat())
        if is_narrow(payload_bytes):
            return self._beacon(item_id)
        waiting = self._news.of(item_id)
        if waiting is not None:
            return self._record(ItemKind.SIGHTING, numbered(waiting))
        return self._piece(item_id, payload_bytes)

    def heartbeat_said(self) -> None:
        """The next one is due later."""
        self._heartbeat_due_s = self._now() + self._terms.heartbeat_s
        if self._terms.beats is not None:
            self._terms.beats.said()

    def _record(self, kind: ItemKind, record: bytes) -> Saying:
        return Saying(kind, len(record) + OVERHEAD_BYTES, lambda: self._sealer.seal(record))

    def _beacon_candidate(self, now_s: float) -> Candidate | None:
        """That there is news, for a data rate that carries no more."""
        top = self._top()
        if top is None:
            return None
        item, sighting = top
        since_s = now_s - self._age_s(sighting)
        return Candidate(
            beacon_id(item.item_id),
            ItemKind.SIGHTING,
            value_class(item.priority),
            since_s,
            since_s,
            {Form.RADIO: BEACON_BYTES},
            only=NAME,
        )

    def _beacon(self, item_id: bytes) -> Saying | None:
        top = self._top()
        if top is None or beacon_id(top[0].item_id) != item_id:
            return None
        _, sighting = top
        beacon = beacon_about(sighting, self._age_s(sighting), self._news.count())
        return Saying(ItemKind.SIGHTING, BEACON_BYTES, lambda: self._sealer.beacon(beacon))

    def _top(self) -> tuple[Waiting, RadioSighting] | None:
        """The most valuable news, if a beacon can tell of them."""
        found = self._news.waiting(1)
        if not found:
            return None
        with suppress(WireError):  # another version may have written it
            return found[0], decode_radio_sighting(found[0].record)
        return None

    def _age_s(self, sighting: RadioSighting) -> int:
        return age_s(sighting.moment, datetime.now(UTC), self._terms.uptime())

    def _crop_candidate(self, now_s: float, payload_bytes: int) -> Candidate | None:
        """The crop that basecamp wants most: the others wait until it has that."""
        asked = None if self._crops is None else self._crops.next_asked(payload_bytes)
        if asked is None:
            return None
        item_id = crop_id(asked.name, asked.want)
        if self._asked_first[0] != item_id:
            self._asked_first = item_id, now_s
        since_s = self._asked_first[1]
        sizes = {Form.RADIO: asked.record_bytes}
        return Candidate(
            item_id, ItemKind.CROP, ValueClass.BEST_CROP, since_s, since_s, sizes, only=NAME
        )

    def _piece(self, item_id: bytes, payload_bytes: int) -> Saying | None:
        crops = self._crops
        asked = None if crops is None else crops.next_asked(payload_bytes)
        if crops is None or asked is None or crop_id(asked.name, asked.want) != item_id:
            return None
        size_bytes = crops.next_payload_bytes(payload_bytes)
        if size_bytes is None:
            return None

        def seal() -> bytes | None:
            # Whatever is wanted by now, it is no longer than what was asked for.
            record = crops.next_fragment(size_bytes)
            return None if record is None else self._sealer.seal(record)

        return Saying(ItemKind.CROP, size_bytes, seal)


def is_narrow(payload_bytes: int) -> bool:
    """Whether a packet holds a beacon and no record: at US915's slowest data rate, say."""
    return payload_bytes < LONGEST_BYTES


def beacon_id(item_id: bytes) -> bytes:
    """The scheduler's name for the beacon about the news of an item."""
    return _named(b"beacon", item_id)


def crop_id(name: CropName, want: int) -> bytes:
    """The scheduler's name for what one want asked of a crop: the next one begins anew."""
    return _named(b"crop", bytes(name), want.to_bytes(4, "big", signed=True))


def _named(*parts: bytes) -> bytes:
    digest = hashlib.blake2b(digest_size=_ID_BYTES, person=b"irbis radio own")
    digest.update(b"\x00".join(parts))
    return digest.digest()


HEARTBEAT_ID = _named(b"heartbeat")
"""The scheduler's name for the radio's heartbeat, whichever it is."""


def _heartbeat(since_s: float) -> Candidate:
    return Candidate(
        HEARTBEAT_ID,
        ItemKind.HEARTBEAT,
        ValueClass.TELEMETRY,
        since_s,
        since_s,
        {Form.RADIO: LARGEST_RECORD_BYTES},
        only=NAME,
    )
