"""News leave over a real serial line, a simulated modem and network, until basecamp has them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edge.security.keys import StationKey
from edge.security.radio_key import RadioKeys
from edge.spool.items import NewsItem, Priority
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.uplink.radio.regions_tables import region
from edge.wire.air.acknowledgement import RadioAcknowledgement, encode_radio_acknowledgements
from firmware_bridge.join_backoff import JoinBackoff
from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.lorawan_regions import REGIONS
from firmware_bridge.modem import Modem
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
from firmware_bridge.stopping import StoppablePort
from tests.spool.makers import a_burst, a_target
from tests.uplink.radio.ridge import BASECAMP, Ear, Ridge

SPEED = 500.0
PATIENCE_S = 60.0
DEVICE = Identity.from_hex("70b3d57ed0060001", "00" * 8, "00" * 16)
EU868 = REGIONS["EU868"]


class Camp(Ear):
    """Basecamp behind a network server."""

    network: NetworkServer

    def receive(self, event: Event) -> None:
        if isinstance(event, Received):
            answer = self.hear(event.frame.payload)
            if answer is not None:
                self.send(answer)

    def send(self, frame: bytes) -> None:
        self.network.queue(DEVICE.dev_eui, [QueuedDownlink(1, frame)], replaces=False)


def fast() -> float:
    return time.monotonic() * SPEED


@contextmanager
def air(
    weather: Weather | None = None, **device: object
) -> Iterator[tuple[Camp, SimulatedRak3172]]:
    camp = Camp()
    network = camp.network = NetworkServer(camp.receive, weather, seed=3)
    network.register(DEVICE, EU868)
    with SimulatedRak3172(network, EU868, 3, SPEED, **device) as modem:  # type: ignore[arg-type]
        yield camp, modem


def ridge_at(
    folder: Path, device: SimulatedRak3172, stopping: threading.Event | None = None
) -> Ridge:
    stopping = stopping or threading.Event()

    def open_modem(spool: Spool) -> Modem:
        port = StoppablePort(SerialPort(device.path), stopping)
        return Rak3172(port, DEVICE, EU868, JoinBackoff(spool.keepsake("join"), fast))

    return Ridge(folder / "spool", open_modem, region("EU868"), fast, stopping=stopping)


def run_until(ridge: Ridge, done: object, what: str) -> None:
    assert callable(done)
    end_s = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > end_s:
            pytest.fail(f"never happened: {what}; troubles: {ridge.notes.troubles[-3:]}")
        if not ridge.stage.step():
            time.sleep(0.002)


def nothing_waits(ridge: Ridge) -> bool:
    return not ridge.news_wait()


def test_news_are_told_most_urgent_first_and_released_by_basecamp_s_word(tmp_path: Path) -> None:
    with air() as (camp, modem):
        ridge = ridge_at(tmp_path, modem)
        cat, person = ridge.find(1), ridge.find(2, Priority.ALERT)
        run_until(ridge, lambda: nothing_waits(ridge), "both are released")
        assert list(camp.told) == [person, cat]
        assert set(camp.told.values()) == {1}
        assert ridge.spool.outbox.state().items > 0, "the full sighting still waits for its link"
        ridge.close()


def test_nothing_is_lost_or_told_apart_twice_where_much_is_lost_and_doubled(tmp_path: Path) -> None:
    weather = Weather(loss=0.4, downlink_loss=0.3, duplicate=0.2, reorder=0.2)
    with air(weather) as (camp, modem):
        ridge = ridge_at(tmp_path, modem)
        cats = {ridge.find(number) for number in range(4)}
        run_until(ridge, lambda: nothing_waits(ridge), "all are released")
        assert set(camp.told) == cats
        assert len(set(camp.frames)) == len(camp.frames), "a number was used twice"
        ridge.close()


def test_a_station_that_restarts_goes_on_and_uses_no_number_twice(tmp_path: Path) -> None:
    with air() as (camp, modem):
        camp.silent = True
        cats = set()
        for run in range(3):
            ridge = ridge_at(tmp_path, modem)
            cats.add(ridge.find(run))
            before = len(camp.told)
            run_until(ridge, lambda b=before: len(camp.told) > b, "its news arrive")
            ridge.close()
        camp.silent = False
        ridge = ridge_at(tmp_path, modem)
        run_until(ridge, lambda: nothing_waits(ridge), "all are released")
        assert set(camp.told) == cats
        assert len(set(camp.frames)) == len(camp.frames)
        ridge.close()


def test_nobody_but_basecamp_releases_news(tmp_path: Path) -> None:
    with air() as (camp, modem):
        camp.silent = True
        ridge = ridge_at(tmp_path, modem)
        ridge.find(1)
        stranger = RadioKeys.of_station("ridge-1", StationKey.generate(), BASECAMP.token)
        (word,) = encode_radio_acknowledgements(RadioAcknowledgement(0, (1,)))
        camp.send(camp.sealed(word, stranger))
        run_until(ridge, lambda: ridge.notes.troubles, "the forgery is noticed")
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


def test_a_stop_ends_the_wait_for_a_transmission(tmp_path: Path) -> None:
    """One whose end the modem never tells: its driver would wait for minutes."""
    stopping, sending, over = threading.Event(), threading.Event(), threading.Event()

    def fall_silent(event: Event) -> None:
        if isinstance(event, Received):
            sending.set()
            over.wait(2 * PATIENCE_S)

    network = NetworkServer(fall_silent, seed=3)
    network.register(DEVICE, EU868)
    with SimulatedRak3172(network, EU868, 3, SPEED) as modem:
        ridge = ridge_at(tmp_path, modem, stopping)
        ridge.find(1)
        stage = threading.Thread(target=lambda: [ridge.stage.step() for _ in range(3)], daemon=True)
        stage.start()
        assert sending.wait(PATIENCE_S), "nothing was sent"
        stopping.set()
        stage.join(PATIENCE_S)
        stopped = not stage.is_alive()
        over.set()
        assert stopped
        assert ridge.notes.troubles == [], "to stop is no trouble"
        assert not ridge.stage.step(), "nothing more is said"
        assert ridge.dispatcher.under_way(), "it may have arrived: there is time for an answer"
        ridge.close()
