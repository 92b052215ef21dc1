"""From a station's modem through its carrier's cloud to basecamp's page, and the answer back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.listener import Listener
from edge.security.keys import BasecampKey, StationKey
from edge.security.radio_key import RadioKeys
from edge.spool.items import NewsItem, Priority
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.hearing import Hearing
from edge.uplink.satellite import SatelliteStage, SatelliteTerms
from edge.wire.air.pack import packed
from firmware_bridge.iridium_sbd import IridiumSbd
from firmware_bridge.modem import Delivery, Modem, Uplink
from firmware_bridge.simulators.notehub import Notehub
from firmware_bridge.simulators.rockblock_gateway import RockblockGateway
from firmware_bridge.simulators.webhook import Weather
from tests.spool.makers import a_burst, a_target, an_item

from . import hooked
from . import lorawan as air
from .field import eventually
from .hooked import Camp
from .lorawan import RadioStation


@pytest.fixture
def radio(station_key: StationKey, basecamp_key: BasecampKey) -> RadioStation:
    return RadioStation(station_key, basecamp_key.token)


@pytest.fixture
def hub() -> Iterator[Notehub]:
    with Notehub(hooked.TOKEN, speed=hooked.SPEED) as hub:
        yield hub


@pytest.fixture(params=[False, True], ids=["form", "json"])
def gateway(request: pytest.FixtureRequest) -> Iterator[RockblockGateway]:
    with RockblockGateway(
        hooked.USER, hooked.PASSWORD, as_json=request.param, speed=hooked.SPEED
    ) as gateway:
        yield gateway


@pytest.fixture
def camp(
    data: Path, basecamp_key: BasecampKey, tmp_path: Path, hub: Notehub, gateway: RockblockGateway
) -> Iterator[Camp]:
    notehub = hooked.notehub_terms(tmp_path, hub)
    rockblock = hooked.rockblock_terms(tmp_path, gateway)
    with hooked.hooked(data, basecamp_key, notehub, rockblock) as camp:
        camp.store.devices.assign(hooked.NOTECARD, "ridge-2")
        camp.store.devices.assign(f"imei:{hooked.IMEI}", "ridge-2")
        hub.route.aim(camp.hooks.urls["Notehub"])
        gateway.hook.aim(camp.hooks.urls["RockBLOCK"])
        yield camp


def send(modem: Modem, radio: RadioStation, record: bytes) -> None:
    """Send as a station does, and hear what came."""
    exchange = modem.exchange(Uplink(radio.sealer.seal(record)))
    assert exchange.delivery is Delivery.CONFIRMED
    for downlink in exchange.downlinks:
        radio.hear(downlink.payload)


def listen(modem: Modem, radio: RadioStation) -> None:
    for downlink in modem.exchange(None).downlinks:
        radio.hear(downlink.payload)


def reference(number: int) -> str:
    return air.radio_sighting(number).reference.hex()


def test_a_sighting_comes_through_a_notecard_and_its_answer_goes_back(
    camp: Camp, hub: Notehub, radio: RadioStation
) -> None:
    with hooked.notecard(hub) as modem:
        send(modem, radio, air.sighting_record(1))
        eventually(lambda: camp.shown() == [reference(1)], "the page shows it")
        eventually(lambda: hub.answers == [200], "the answer waits at Notehub")
        listen(modem, radio)
    assert radio.acknowledged == {1}
    assert hub.route.statuses == [200]
    assert camp.refusals.newest(10) == []


def test_several_notes_of_one_sync_are_answered_by_few_notes(
    camp: Camp, hub: Notehub, radio: RadioStation
) -> None:
    take = hub.receiver(hooked.NOTECARD)
    heard: list[bytes] = []
    hub.connect(hooked.NOTECARD, heard.append)
    for number in range(1, 9):
        take(radio.sealer.seal(air.sighting_record(number)))
    eventually(lambda: len(camp.shown()) == 8, "all are shown")
    told: set[int] = set()

    def all_told() -> bool:
        while heard:
            radio.hear(heard.pop(0))
        told.update(radio.acknowledged)
        return told == set(range(1, 9))

    eventually(all_told, "all are acknowledged")
    assert len(hub.answers) < 8


def test_a_sighting_comes_by_satellite_and_its_answer_goes_back(
    camp: Camp, gateway: RockblockGateway, radio: RadioStation
) -> None:
    with hooked.satellite_modem(gateway) as modem:
        send(modem, radio, air.sighting_record(1))
        eventually(lambda: camp.shown() == [reference(1)], "the page shows it")
        eventually(lambda: len(gateway.answers) == 1, "the answer waits at the gateway")
        listen(modem, radio)
    assert gateway.answers[0].startswith("OK,")
    assert gateway.credits_left == 999
    assert radio.acknowledged == {1}


def test_a_pack_of_records_is_stored_and_answered_record_by_record(
    camp: Camp, gateway: RockblockGateway, radio: RadioStation
) -> None:
    with hooked.satellite_modem(gateway) as modem:
        send(modem, radio, packed([air.sighting_record(number) for number in (1, 2, 3)]))
        eventually(lambda: len(gateway.answers) == 1, "the answer waits at the gateway")
        listen(modem, radio)
    assert camp.shown() == sorted(map(reference, (1, 2, 3)))
    assert radio.acknowledged == {1, 2, 3}


class Trap:
    """A station's satellite stage over its real spool."""

    def __init__(
        self, folder: Path, modem: IridiumSbd, station: StationKey, basecamp: BasecampKey
    ) -> None:
        self.spool = Spool(folder, basecamp.token.seal, Budget(min_free_bytes=0))
        keys = RadioKeys.of_station("ridge-2", station, basecamp.token)
        dispatcher = Dispatcher(self.spool.queue, self.spool.keepsake("schedule"))
        self.stage = SatelliteStage(
            self.spool,
            lambda: modem,
            Hearing(self.spool, keys, dispatcher, Listener()),
            lambda: air.heartbeat_record(900),
            SatelliteTerms(hold_s=0, pause_s=0, heartbeat_s=0),
            Listener(),
            dispatcher,
        )

    def see(self, number: int) -> None:
        """A person, whose news leave at once."""
        item = an_item(number)
        news = NewsItem(item.item_id, Priority.ALERT, air.sighting_record(number))
        self.spool.admit(a_burst(number))
        self.spool.settle(replace(a_target(number, item), news=(news,)))

    @property
    def waiting(self) -> int:
        return len(self.spool.news.waiting(64, set()))


def test_the_satellite_stage_lets_go_of_news_when_basecamps_word_has_come_back(
    camp: Camp,
    gateway: RockblockGateway,
    tmp_path: Path,
    station_key: StationKey,
    basecamp_key: BasecampKey,
) -> None:
    with hooked.satellite_modem(gateway) as modem:
        trap = Trap(tmp_path / "spool", modem, station_key, basecamp_key)
        for number in (1, 2):
            trap.see(number)
        assert trap.stage.step()
        assert trap.waiting == 2
        eventually(lambda: len(gateway.answers) == 1, "the answer waits at the gateway")
        assert camp.shown() == sorted(map(reference, (1, 2)))
        trap.see(3)
        assert trap.stage.step()
        assert trap.waiting == 1
        trap.spool.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_through_doubles_lost_answers_and_disorder_each_sighting_is_stored_once(
    data: Path, basecamp_key: BasecampKey, radio: RadioStation, seed: int
) -> None:
    weather = Weather(doubled=0.3, unheard=0.3, late=0.5)
    with (
        Notehub(hooked.TOKEN, seed=seed, speed=10_000, weather=weather) as hub,
        hooked.hooked(data, basecamp_key) as camp,
    ):
        camp.store.devices.assign(hooked.NOTECARD, "ridge-2")
        hub.route.aim(camp.hooks.urls["Notehub"])
        take = hub.receiver(hooked.NOTECARD)
        for number in range(1, 31):
            take(radio.sealer.seal(air.sighting_record(number)))
        assert hub.route.wait_until_idle(60)
        assert camp.shown() == sorted(map(reference, range(1, 31)))
        assert len(hub.route.statuses) > 30
        assert set(hub.route.statuses) <= {0, 200}
        assert camp.refusals.newest(10) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_with_losses_both_ways_all_is_acknowledged_in_the_end_and_stored_once(
    data: Path, tmp_path: Path, basecamp_key: BasecampKey, radio: RadioStation, seed: int
) -> None:
    weather = Weather(lost=0.3, doubled=0.2, unheard=0.2)
    heard: list[bytes] = []
    with RockblockGateway(
        hooked.USER,
        hooked.PASSWORD,
        seed=seed,
        speed=10_000,
        weather=weather,
        system_error=0.6,
        credits_left=10_000,
    ) as gateway:
        terms = hooked.rockblock_terms(tmp_path, gateway, answers_per_day=100_000)
        with hooked.hooked(data, basecamp_key, rockblock=terms) as camp:
            camp.store.devices.assign(f"imei:{hooked.IMEI}", "ridge-2")
            gateway.connect(hooked.IMEI, heard.append)
            gateway.hook.aim(camp.hooks.urls["RockBLOCK"])
            take = gateway.receiver(hooked.IMEI)

            def all_told() -> bool:
                while heard:
                    radio.hear(heard.pop(0))
                for number in sorted(set(range(1, 13)) - radio.acknowledged):
                    take(0, radio.sealer.seal(air.sighting_record(number)))
                assert gateway.hook.wait_until_idle(60)
                return radio.acknowledged == set(range(1, 13))

            eventually(all_told, "all are acknowledged")
            assert camp.shown() == sorted(map(reference, range(1, 13)))
