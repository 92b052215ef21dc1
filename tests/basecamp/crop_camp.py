"""Basecamp's radio on a real data folder, restarted at will, and what it has of a station."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.records import Crop, ItemKind, Sighting
from edge.security.keys import BasecampKey, BasecampToken, StationKey
from edge.wire.air.fragments import CropName
from edge.wire.air.fragments_crop import seal_crop
from edge.wire.air.frame import FrameRefused
from edge.wire.air.reference import reference_of
from edge.wire.air.sighting import condensed, encode_radio_sighting
from edge.wire.crop import encode_crop
from edge.wire.message import Message, encode_message, item_id
from tools.basecamp.content import Received, read_body
from tools.basecamp.database import Database
from tools.basecamp.radio_answers import RadioAnswers
from tools.basecamp.radio_crops import coming
from tools.basecamp.radio_inbox import Heard, RadioInbox
from tools.basecamp.radio_views import RadioSightingView
from tools.basecamp.shelf import Shelf
from tools.basecamp.store import DATABASE_NAME, Store

from . import lorawan as air
from . import samples
from .radio_trap import Trap

KEY = BasecampKey.generate()
STATION = StationKey.generate()
START = datetime(2026, 11, 2, 12, tzinfo=UTC)


class CropCamp:
    """Takes frames and answers them; pictures that came are ``pictures``."""

    def __init__(self, folder: Path, daily_limit: int | None = None) -> None:
        self.folder = folder
        self.now = START
        self._daily_limit = daily_limit
        self.store: Store | None = None
        self.restart()
        self._store.enrol("ridge-2", STATION.token)

    def restart(self) -> None:
        self.close()
        self.store = Store(self.folder)
        self._database = Database(self.folder / DATABASE_NAME)
        self.inbox = RadioInbox(self._database, Shelf(self.folder), KEY, lambda: self.now)
        self.answers = RadioAnswers(self._database, self._daily_limit, lambda: self.now)

    def close(self) -> None:
        if self.store is not None:
            self.store.close()
            self._database.close()

    @property
    def _store(self) -> Store:
        assert self.store is not None
        return self.store

    def trace(self, tell: Callable[[str], None]) -> None:
        """Have every statement told just before it is executed."""
        self._database._connection.set_trace_callback(tell)

    def take(self, frame: bytes) -> Heard:
        return self.inbox.take("ridge-2", frame)

    def answer(self, heard: Heard) -> bytes | None:
        return self.answers.due(heard.keys, heard.key_id, wants=True)

    def exchange(self, trap: Trap, frame: bytes) -> Heard:
        """A frame comes, and what is answered reaches the station."""
        heard = self.take(frame)
        answer = self.answer(heard)
        if answer is not None:
            trap.hear(answer)
        return heard

    def put(self, message: Message) -> bool:
        return self._store.put(received(message))

    def want(self, name: CropName, *, wanted: bool = True) -> None:
        """A person's word."""
        self._store.want_by_radio("ridge-2", name, wanted=wanted)

    def pictures(self) -> list[bytes]:
        """Every crop that is stored, once for each item."""
        rows = self._database.read("SELECT sha256 FROM crops ORDER BY item")
        found = [self._store.media_path(sha256) for (sha256,) in rows]
        return [path.read_bytes() for path, _ in filter(None, found)]

    def states(self) -> dict[CropName, str]:
        """What became of every crop that was wanted."""
        rows = self._database.read("SELECT reference, picture, state FROM radio_wishes")
        return {CropName(reference, picture): state for reference, picture, state in rows}

    def wanted(self) -> set[CropName]:
        return {one for one, state in self.states().items() if state == "wanted"}

    def pieces(self) -> dict[CropName, tuple[int, int]]:
        """The crops that have begun to come: pieces that are here, and pieces in all."""
        with self._database.snapshot() as connection:
            return coming(connection, "ridge-2")

    def early_crops(self) -> int:
        (station,) = self._store.views.stations()
        return station.early_crops

    def view(self) -> RadioSightingView:
        (view,) = self._store.views.news(10)
        assert isinstance(view, RadioSightingView)
        return view

    def unread(self) -> list[str]:
        return [item.reason for item in self._store.views.unread(10)]


@contextmanager
def camp_in(folder: Path, daily_limit: int | None = None) -> Iterator[CropCamp]:
    camp = CropCamp(folder, daily_limit)
    try:
        yield camp
    finally:
        camp.close()


def received(message: Message) -> Received:
    body = encode_message(message)
    return read_body(body, message.station, KEY.unseal, len(body))


def crop(number: int, size_bytes: int = 0) -> Crop:
    """The best crop of burst ``number``: a real picture with so many bytes after it."""
    made = samples.crop(number)
    return replace(made, data=made.data + random.Random(number).randbytes(size_bytes))


def name(number: int, picture: int = 0) -> CropName:
    return CropName(reference_of(samples.burst_id(number)), picture)


def sealed(number: int, made: Crop, basecamp: BasecampToken = KEY.token) -> bytes:
    """A crop as it lies on the card."""
    return seal_crop(encode_crop(samples.burst_id(number), made), basecamp)


def crop_message(number: int, made: Crop, picture: int = 0) -> Message:
    """A crop over a wider link, under the id that its station gives it."""
    burst_id = samples.burst_id(number)
    identity = item_id(burst_id, ItemKind.CROP, picture)
    return Message("ridge-2", identity, ItemKind.CROP, encode_crop(burst_id, made))


def sighting(number: int, *crops: Crop, **changes: object) -> Sighting:
    return samples.sighting(number, *(crops or (crop(number),)), **changes)  # type: ignore[arg-type]


def sighting_record(number: int, *crops: Crop, **changes: object) -> bytes:
    return encode_radio_sighting(condensed(sighting(number, *crops, **changes), number, air.ROSTER))


def trap_with(*numbers: int, size_bytes: int = 700) -> Trap:
    """A station with the best crops of these bursts."""
    card = {name(number): sealed(number, crop(number, size_bytes)) for number in numbers}
    return Trap(card, STATION, KEY.token)


def heartbeats(first: int = 5000) -> Iterator[bytes]:
    """Records that a station sends now and then."""
    for sequence in range(first, first + 10_000):
        yield air.heartbeat_record(sequence, sent_at=START + timedelta(minutes=sequence))


def is_refused(camp: CropCamp, frame: bytes) -> bool:
    try:
        camp.take(frame)
    except FrameRefused:
        return True
    return False
