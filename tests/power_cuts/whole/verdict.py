"""What is wrong with a whole station after a power cut.

It is armed on what the cut left, offered all bursts of its life so far and two new ones, and must
deliver everything. Then card and basecamp are held against what both had said was done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from edge.capture.files import read_burst
from edge.errors import IrbisError
from edge.records import ObservationType
from edge.spool.database import SET_ASIDE
from edge.spool.retention import CARD_FULL
from edge.spool.spool import DAMAGED
from tests.basecamp.field import Broker
from tests.kit.camp import Camp
from tests.kit.card import counters, disorder, rows
from tests.kit.station import Notes
from tests.power_cuts.whole.diary import Diary
from tests.power_cuts.whole.field import (
    FIRST_HEARTBEAT_S,
    QUOTA_BYTES,
    STATION,
    TARGET_EVERY,
    Field,
    finish,
    remember_memory,
    spool_on,
    stationed,
)
from tools.basecamp.content import Received
from tools.basecamp.store import Store

KINDS = tuple(kind.value for kind in ObservationType)


class Judge:
    """Judges one crash of ``field``'s life at ``cut``; ``folder`` is the judge's own."""

    def __init__(self, field: Field, diary: Diary, cut: int, camp: Camp, folder: Path) -> None:
        self._diary, self._cut, self._camp, self._folder = diary, cut, camp, folder
        known = len(diary.begun_by("captured", cut))
        self._offered = field.bursts[: known + 2]
        self._pictures = {
            burst.burst_id: [frame.data for frame in burst.frames]
            for burst in map(read_burst, self._offered)
        }
        self._notes = Notes()
        self._arrived: set[str] = set()
        self._heartbeat_s = 0

    def complaints(self, card: Path) -> list[str]:
        try:
            self._go_on(card)
        except (IrbisError, OSError, ValueError, TimeoutError, AssertionError) as error:
            return [f"does not start or does not end: {error!r}"]
        spool = spool_on(card)
        return [
            *self._undone(),
            *self._other_configuration(),
            *self._lost_at_basecamp(),
            *self._wrong_on_card(spool),
            *(f"set aside: {aside.name}" for aside in spool.glob(f"{SET_ASIDE}*")),
        ]

    def _go_on(self, card: Path) -> None:
        """Boot: memory is empty, the broker has forgotten, basecamp knows what it was told."""
        remember_memory(self._folder / "memory")
        broker = Broker(self._folder)
        broker.start()
        put = Store.put

        def noted(store: Store, received: Received, *others: Any, **options: Any) -> Any:
            self._arrived.add(received.item_id.hex())
            return put(store, received, *others, **options)

        try:
            with (
                patch.object(Store, "put", noted),
                self._camp.serving(broker),
                stationed(card, broker, self._notes, self._offered) as (station, heartbeat_s),
            ):
                self._heartbeat_s = heartbeat_s
                finish(station)
        finally:
            broker.kill()

    def _undone(self) -> Iterator[str]:
        """What had been done before the cut is not done again; what had not begun is."""
        captured = set(self._notes.captures)
        judged = set(self._notes.verdicts)
        for burst_id in captured & self._diary.done_by("captured", self._cut):
            yield f"lost, and captured anew: {burst_id}"
        for burst_id in judged & self._diary.done_by("judged", self._cut):
            yield f"judged again: {burst_id}"
        for burst_id in captured & self._diary.done_by("grown", self._cut):
            yield f"its beginning is lost, and it was captured anew: {burst_id}"
        for item_id in self._arrived & self._diary.done_by("acknowledged", self._cut):
            yield f"acknowledged, and sent again: {item_id}"
        begun = {*self._diary.begun_by("captured", self._cut), *self._grown()}
        for burst_id in set(self._pictures) - captured - begun:
            yield f"never captured: {burst_id}"

    def _other_configuration(self) -> Iterator[str]:
        """In force is what it armed with last, or what was written since."""
        armed = self._diary.done_by("armed", self._cut)
        least = max(map(int, armed), default=FIRST_HEARTBEAT_S)
        most = max(map(int, self._diary.begun_by("configured", self._cut)), default=least)
        if not least <= self._heartbeat_s <= most:
            yield f"heartbeat_s {self._heartbeat_s}, not {least} to {most}"

    def _lost_at_basecamp(self) -> Iterator[str]:
        """Each target is told of once and shown; what was unjudged comes as it was taken."""
        sighted = Counter(one.burst_id for one in self._camp.sightings(STATION))
        shown = self._camp.pictures(STATION)
        evidence = self._camp.evidence(STATION)
        for burst_id in list(self._pictures)[::TARGET_EVERY]:
            if sighted[burst_id] != 1:
                yield f"a target is told of {sighted[burst_id]} times: {burst_id}"
            if not shown[burst_id] and burst_id not in evidence:
                yield f"no picture of a target: {burst_id}"
        durable = ("captured", "grown")
        for burst_id in set().union(*(self._diary.done_by(what, self._cut) for what in durable)):
            if burst_id not in self._diary.begun_by("judged", self._cut) and (
                burst_id not in evidence
            ):
                yield f"captured, unjudged, and not at basecamp: {burst_id}"
        for burst_id, frames in evidence.items():
            whole = self._pictures.get(burst_id, frames)
            if frames != whole and not (burst_id in self._grown() and _cut_short(frames, whole)):
                yield f"another picture: {burst_id}"

    def _grown(self) -> set[str]:
        """Bursts of which the beginning may be on the card, and not the end."""
        ended = self._diary.done_by("captured", self._cut)
        return self._diary.begun_by("grown", self._cut) - ended

    def _wrong_on_card(self, spool: Path) -> Iterator[str]:
        """Every burst is known once and counted once, within the quota; nothing is left over."""
        ids = "SELECT burst_id FROM bursts UNION ALL SELECT lower(hex(burst_id)) FROM forgotten"
        known = sorted(name for (name,) in rows(spool, ids))
        if known != sorted(self._pictures):
            yield f"{len(known)} bursts are known, of {len(self._pictures)}"
        count = counters(spool)
        kinds = sum(count.get(kind, 0) for kind in KINDS)
        if not kinds == count.get("bursts") == len(self._pictures):
            yield f"{count.get('bursts')} bursts and {kinds} verdicts are counted"
        if count.get("evidence_lost"):
            yield f"{count['evidence_lost']} files are lost"
        ((held,),) = rows(spool, "SELECT coalesce(sum(size_bytes), 0) FROM bursts WHERE held")
        if held > QUOTA_BYTES:
            yield f"{held} bytes are held"
        for name, text in rows(spool, "SELECT name, text FROM alarms"):
            if name in (CARD_FULL, DAMAGED):
                yield f"alarm: {text}"
        yield from disorder(spool)


def _cut_short(frames: list[bytes], whole: list[bytes]) -> bool:
    """Whether these are the first ``frames`` of a burst, and a last one that holds no picture."""
    *taken, fault = frames
    return not fault and bool(taken) and taken == whole[: len(taken)]
