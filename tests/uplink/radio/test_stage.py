"""News leave over a real serial line, a simulated modem and network, until basecamp has them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.records import ItemKind
from edge.security.keys import BasecampKey, StationKey
from edge.security.radio_key import RadioKeys
from edge.spool.items import NewsItem, Priority
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.uplink.radio.budget import AirBudget
from edge.uplink.radio.regions_tables import region
from edge.uplink.radio.stage import RadioStage
from edge.wire.air.acknowledgement import RadioAcknowledgement, encode_radio_acknowledgements
from edge.wire.air.beacon import decode_beacon
from edge.wire.air.channel import Opened, open_up
from edge.wire.air.downlink import next_down_counter
from edge.wire.air.frame import FrameRefused, Number, Stream, seal_frame
from edge.wire.air.kinds import RecordKind, kind_of, sequence_of
from edge.wire.air.moment import Uptime
from edge.wire.air.sighting import condensed, encode_radio_sighting
from edge.wire.air.window import Seen
from edge.wire.message import item_id
from firmware_bridge.join_backoff import JoinBackoff
from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.lorawan_regions import REGIONS
from firmware_bridge.modem import Capacity, Delivery, Exchange, Modem, Uplink
from firmware_bridge.port import SerialPort
from firmware_bridge.rak3172 import Rak3172
from firmware_bridge.simulators.lorawan_network import (
    Event,
    NetworkServer,
    QueuedDownlink,
    Received,
    Weather,
)
from firmware_bridge.simulators.rak3172 import SimulatedRak3172
from tests.basecamp.samples import sighting
from tests.kit.station import Notes
from tests.spool.makers import a_burst, a_target

SPEED = 500.0
PATIENCE_S = 60.0
STATION, BASECAMP = StationKey.generate(), BasecampKey.generate()
DEVICE = Identity.from_hex("70b3d57ed0060001", "00" * 8, "00" * 16)
RIDGE = RadioKeys.of_station("ridge-1", STATION, BASECAMP.token)
EU868 = REGIONS["EU868"]


class Camp:
    """Basecamp's end of the radio: opens frames, keeps what they bring, answers with its word."""

    def __init__(self, network: NetworkServer) -> None:
        self._network = network
        self._keys = RadioKeys.of_basecamp("ridge-1", STATION.token, BASECAMP)
        self._seen = Seen()
        self._down = -1
        self.frames: list[Number] = []
        self.told: Counter[bytes] = Counter()
        self.refused: list[FrameRefused] = []
        self.silent = False

    def hear(self, event: Event) -> None:
        if not isinstance(event, Received):
            return
        try:
            opened = open_up(event.frame.payload, self._keys, self._seen)
        except FrameRefused as error:
            self.refused.append(error)
            return
        self._seen = opened.seen
        self.frames.append(opened.number)
        if kind_of(opened.content) is RecordKind.SIGHTING:
            self.told[opened.content[4:]] += 1
            self._answer(opened)

    def _answer(self, opened: Opened) -> None:
        number = sequence_of(opened.content)
        assert number is not None
        word = RadioAcknowledgement(opened.number.key_id, (number,))
        (record,) = encode_radio_acknowledgements(word)
        if not self.silent:
            self.say(record, self._keys)

    def say(self, record: bytes, keys: RadioKeys) -> None:
        self._down = next_down_counter(self._down, datetime.now(UTC))
        frame = seal_frame(record, keys.key(0), "ridge-1", Stream.DOWN, Number(0, self._down))
        self._network.queue(DEVICE.dev_eui, [QueuedDownlink(1, frame)], replaces=False)


class Ridge:
    """A station's radio, from the spool to the serial line, in fast time."""

    def __init__(self, folder: Path, device: SimulatedRak3172) -> None:
        self.spool = Spool(folder, BASECAMP.token.seal, Budget(min_free_bytes=0))
        self.notes = Notes()
        self._device = device
        budget = AirBudget(
            region("EU868"), self.spool.keepsake("air"), bytes(16), now_ms=lambda: int(fast() * 1e3)
        )
        self.stage = RadioStage(
            self.spool, self._open, RIDGE, budget, self.notes, lambda: b"\x21" + bytes(38),
            heartbeat_s=1800.0, uptime=lambda: Uptime(1, 60), now=fast,
        )  # fmt: skip

    def _open(self) -> Modem:
        memory = self.spool.keepsake("join")
        backoff = JoinBackoff(memory, fast)
        return Rak3172(SerialPort(self._device.path), DEVICE, EU868, backoff)

    def find(self, number: int, priority: Priority = Priority.SIGHTING) -> bytes:
        """A leopard: its news are committed with its verdict."""
        about = number.to_bytes(20)
        name = item_id("burst", ItemKind.SIGHTING, number)
        news = NewsItem(name, priority, b"\x11\0\0\0" + about)
        self.spool.admit(a_burst(number))
        self.spool.settle(replace(a_target(number), news=(news,)))
        return about

    def run_until(self, done: object, what: str) -> None:
        assert callable(done)
        end_s = time.monotonic() + PATIENCE_S
        while not done():
            if time.monotonic() > end_s:
                pytest.fail(f"never happened: {what}; troubles: {self.notes.troubles[-3:]}")
            if not self.stage.step():
                time.sleep(0.002)

    def close(self) -> None:
        self.stage.close()
        self.spool.close()


def fast() -> float:
    return time.monotonic() * SPEED


@contextmanager
def air(
    weather: Weather | None = None, **device: object
) -> Iterator[tuple[Camp, SimulatedRak3172]]:
    heard: list[Event] = []
    network = NetworkServer(lambda event: camp.hear(event) or heard.append(event), weather, seed=3)
    camp = Camp(network)
    network.register(DEVICE, EU868)
    with SimulatedRak3172(network, EU868, 3, SPEED, **device) as modem:  # type: ignore[arg-type]
        yield camp, modem


def nothing_waits(ridge: Ridge) -> bool:
    return ridge.spool.news.waiting(1) == []


def test_news_are_told_most_urgent_first_and_released_by_basecamp_s_word(tmp_path: Path) -> None:
    with air() as (camp, modem):
        ridge = Ridge(tmp_path / "spool", modem)
        cat, person = ridge.find(1), ridge.find(2, Priority.ALERT)
        ridge.run_until(lambda: nothing_waits(ridge), "both are released")
        assert list(camp.told) == [person, cat]
        assert set(camp.told.values()) == {1}
        assert ridge.spool.outbox.state().items > 0, "the full sighting still waits for its link"
        ridge.close()


def test_nothing_is_lost_or_told_apart_twice_where_much_is_lost_and_doubled(tmp_path: Path) -> None:
    weather = Weather(loss=0.4, downlink_loss=0.3, duplicate=0.2, reorder=0.2)
    with air(weather) as (camp, modem):
        ridge = Ridge(tmp_path / "spool", modem)
        cats = {ridge.find(number) for number in range(6)}
        ridge.run_until(lambda: nothing_waits(ridge), "all are released")
        assert set(camp.told) == cats
        assert len(set(camp.frames)) == len(camp.frames), "a number was used twice"
        ridge.close()


def test_a_station_that_restarts_goes_on_and_uses_no_number_twice(tmp_path: Path) -> None:
    with air() as (camp, modem):
        camp.silent = True
        cats = set()
        for run in range(3):
            ridge = Ridge(tmp_path / "spool", modem)
            cats.add(ridge.find(run))
            before = len(camp.told)
            ridge.run_until(lambda b=before: len(camp.told) > b, "its news arrive")
            ridge.close()
        camp.silent = False
        ridge = Ridge(tmp_path / "spool", modem)
        ridge.run_until(lambda: nothing_waits(ridge), "all are released")
        assert set(camp.told) == cats
        assert len(set(camp.frames)) == len(camp.frames)
        ridge.close()


def test_nobody_but_basecamp_releases_news(tmp_path: Path) -> None:
    with air() as (camp, modem):
        camp.silent = True
        ridge = Ridge(tmp_path / "spool", modem)
        ridge.find(1)
        stranger = RadioKeys.of_station("ridge-1", StationKey.generate(), BASECAMP.token)
        (word,) = encode_radio_acknowledgements(RadioAcknowledgement(0, (1,)))
        camp.say(word, stranger)
        ridge.run_until(lambda: ridge.notes.troubles, "the forgery is noticed")
        assert "refused" in ridge.notes.troubles[-1]
        assert not nothing_waits(ridge)
        ridge.close()


def test_news_of_what_basecamp_has_in_full_are_not_told(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool", BASECAMP.token.seal, Budget(min_free_bytes=0)) as spool:
        settlement = a_target(1)
        (item, *_) = settlement.items
        spool.admit(a_burst(1))
        spool.settle(
            replace(settlement, news=(NewsItem(item.item_id, Priority.SIGHTING, b"\x11\0\0\0x"),))
        )
        assert len(spool.news.waiting(5)) == 1
        spool.outbox.acknowledge([item.item_id])
        assert spool.news.waiting(5) == []


def test_where_only_eleven_bytes_fit_a_beacon_says_that_there_is_news(tmp_path: Path) -> None:
    """As at the slowest rate of US915. The news themselves stay until more fits."""

    class Narrow:
        def __init__(self) -> None:
            self.sent: list[bytes] = []

        def connect(self) -> None: ...

        def capacity(self) -> Capacity:
            return Capacity(11, 0.0, 0)

        def exchange(self, uplink: Uplink | None) -> Exchange:
            assert uplink is not None
            self.sent.append(uplink.payload)
            return Exchange(Delivery.SENT)

        def close(self) -> None: ...

    narrow = Narrow()
    with Spool(tmp_path / "spool", BASECAMP.token.seal, Budget(min_free_bytes=0)) as spool:
        budget = AirBudget(region("US915"), spool.keepsake("air"), bytes(16))
        stage = RadioStage(
            spool, lambda: narrow, RIDGE, budget, Notes(), lambda: b"\x21" + bytes(38), 60.0,
            uptime=lambda: Uptime(1, 60),
        )  # fmt: skip
        record = encode_radio_sighting(condensed(sighting(), 0))
        spool.admit(a_burst(1))
        spool.settle(replace(a_target(1), news=(NewsItem(b"i" * 16, Priority.SIGHTING, record),)))
        assert stage.step()
        (beacon,) = narrow.sent
        opened = open_up(beacon, RadioKeys.of_basecamp("ridge-1", STATION.token, BASECAMP), Seen())
        assert opened.stream is Stream.BEACON and decode_beacon(opened.content).target
        assert spool.news.count() == 1
