"""A station's radio from the spool to the modem, and basecamp's end of the air."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from edge.records import ObservationType
from edge.security.keys import BasecampKey, StationKey
from edge.security.radio_key import RadioKeys
from edge.spool.items import NewsItem, Priority, RadioCrop
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.hearing import Hearing
from edge.uplink.radio.budget import AirBudget
from edge.uplink.radio.crops import crop_sender
from edge.uplink.radio.regions import Region
from edge.uplink.radio.sayings import Beats, RadioTerms
from edge.uplink.radio.stage import RadioStage
from edge.wire.air.acknowledgement import RadioAcknowledgement, encode_radio_acknowledgements
from edge.wire.air.channel import Opened, open_up
from edge.wire.air.downlink import next_down_counter
from edge.wire.air.frame import FrameRefused, Number, Stream, seal_frame
from edge.wire.air.kinds import RecordKind, kind_of, sequence_of
from edge.wire.air.moment import Uptime
from edge.wire.air.sighting import condensed, encode_radio_sighting
from edge.wire.air.want import Want, encode_want
from edge.wire.air.window import Seen
from firmware_bridge.modem import Capacity, Delivery, Downlink, Exchange, Modem, Uplink
from tests.basecamp.samples import sighting
from tests.kit.station import Notes
from tests.spool.makers import a_burst, a_target, an_item, burst_id

STATION, BASECAMP = StationKey.generate(), BasecampKey.generate()
RIDGE = RadioKeys.of_station("ridge-1", STATION, BASECAMP.token)
CAMP = RadioKeys.of_basecamp("ridge-1", STATION.token, BASECAMP)
HEARTBEAT = b"\x21" + bytes(38)


@dataclass
class Clock:
    """Time that passes only when someone lets it."""

    now_s: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Ear:
    """Basecamp's end: opens frames, keeps what they bring, and seals its word."""

    seen: Seen = field(default_factory=Seen)
    frames: list[Number] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    told: Counter[bytes] = field(default_factory=Counter)
    pieces: list[bytes] = field(default_factory=list)
    refused: list[FrameRefused] = field(default_factory=list)
    silent: bool = False
    down: int = -1

    def hear(self, payload: bytes) -> bytes | None:
        """Take a frame; the answer to it."""
        try:
            opened = open_up(payload, CAMP, self.seen)
        except FrameRefused as error:
            self.refused.append(error)
            return None
        self.seen = opened.seen
        self.frames.append(opened.number)
        if opened.stream is Stream.BEACON:
            self.kinds["beacon"] += 1
            return None
        kind = kind_of(opened.content)
        self.kinds[kind.name.lower()] += 1
        if kind is RecordKind.FRAGMENT:
            self.pieces.append(opened.content)
        if kind is not RecordKind.SIGHTING:
            return None
        self.told[opened.content[4:]] += 1
        return None if self.silent else self.sealed(acknowledgement(opened))

    def sealed(self, record: bytes, keys: RadioKeys = CAMP) -> bytes:
        """``record`` as a downlink."""
        self.down = next_down_counter(self.down, datetime.now(UTC))
        return seal_frame(record, keys.key(0), "ridge-1", Stream.DOWN, Number(0, self.down))

    def want(self, *crops: object) -> bytes:
        """A downlink that asks for these crops."""
        return self.sealed(encode_want(Want(crops)))  # type: ignore[arg-type]


def acknowledgement(opened: Opened) -> bytes:
    number = sequence_of(opened.content)
    assert number is not None
    word = RadioAcknowledgement(opened.number.key_id, (number,))
    (record,) = encode_radio_acknowledgements(word)
    return record


@dataclass
class Ether:
    """A modem, the air and the network behind it in one: a Modem whose time is ``clock``.

    What is said takes ``exchange_s``; an answer comes with the next frame. ``log`` holds when each
    frame began and its size, ``downlinks`` what the network has for the station.
    """

    ear: Ear
    clock: Clock
    payload_bytes: int = 242
    data_rate: int = 5
    exchange_s: float = 8.0
    loss: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    log: list[tuple[float, int, int]] = field(default_factory=list)
    downlinks: list[bytes] = field(default_factory=list)
    broken: Exception | None = None
    """Raised in place of a transmission, once."""

    def connect(self) -> None: ...

    def capacity(self) -> Capacity:
        return Capacity(self.payload_bytes, 0.0, self.data_rate)

    def exchange(self, uplink: Uplink | None) -> Exchange:
        assert uplink is not None and len(uplink.payload) <= self.payload_bytes
        self.log.append((self.clock.now_s, len(uplink.payload), self.data_rate))
        self.clock.now_s += self.exchange_s
        arrived = self.chance.random() >= self.loss
        due, self.downlinks = (self.downlinks, []) if arrived else ([], self.downlinks)
        if arrived and (answer := self.ear.hear(uplink.payload)) is not None:
            self.downlinks.append(answer)
        if self.broken is not None:
            error, self.broken = self.broken, None
            raise error
        got = [one for one in due if self.chance.random() >= self.loss]
        return Exchange(Delivery.SENT, tuple(Downlink(one) for one in got))

    def close(self) -> None: ...


class Ridge:
    """A station's radio. ``clock`` counts seconds, as fast as it likes."""

    def __init__(
        self,
        folder: Path,
        open_modem: Callable[[Spool], Modem],
        region: Region,
        clock: Callable[[], float],
        heartbeat_s: float = 1800.0,
        stopping: threading.Event | None = None,
        shown_in: Path | None = None,
        beats: Callable[[Spool], Beats | None] = lambda _: None,
    ) -> None:
        self.spool = Spool(folder, BASECAMP.token.seal, Budget(min_free_bytes=0))
        self.notes = Notes()
        self.air = AirBudget(
            region, self.spool.keepsake("air"), bytes(16), now_ms=lambda: int(clock() * 1e3)
        )
        self.dispatcher = Dispatcher(
            self.spool.queue, self.spool.keepsake("schedule"), shown_in=shown_in, now=clock
        )
        self.crops = crop_sender(self.spool)
        self.hearing = Hearing(
            self.spool, RIDGE, self.dispatcher, self.notes, self.crops.hear, now=clock
        )
        held = beats(self.spool)
        terms = RadioTerms(lambda: HEARTBEAT, heartbeat_s, lambda: Uptime(1, 60), held)
        self.stage = RadioStage(
            self.spool, lambda: open_modem(self.spool), self.air, self.hearing, self.dispatcher,
            self.notes, terms, self.crops, stopping, clock,
        )  # fmt: skip

    def find(
        self,
        number: int,
        priority: Priority = Priority.SIGHTING,
        crop: RadioCrop | None = None,
    ) -> bytes:
        """Something is seen: its news are committed with its verdict. What they say of it."""
        item = replace(an_item(number), priority=priority)
        record = news_record(number, priority)
        self.spool.admit(a_burst(number))
        self.spool.settle(
            replace(
                a_target(number, item),
                news=(NewsItem(item.item_id, priority, record),),
                radio_crops=() if crop is None else (crop,),
            )
        )
        return record[4:]

    def news_wait(self) -> bool:
        return self.spool.news.count() > 0

    def close(self) -> None:
        self.stage.close()
        self.dispatcher.save()
        self.spool.close()


def news_record(number: int, priority: Priority) -> bytes:
    """A radio sighting of burst ``number``, its own number left open."""
    seen = replace(sighting(), burst_id=burst_id(number))
    if priority is Priority.ALERT:
        seen = replace(seen, observation_type=ObservationType.HUMAN, people=True)
    return encode_radio_sighting(condensed(seen, 0))
