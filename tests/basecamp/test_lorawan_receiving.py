"""What a station says by radio reaches basecamp through a real broker, once, and is answered."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge.records import ClockQuality, ObservationType
from edge.security.keys import BasecampKey, StationKey
from edge.uplink.status import LinkState, Setback
from edge.wire.air.moment import Uptime
from edge.wire.air.sighting import condensed, encode_radio_sighting
from firmware_bridge.simulators.lorawan_events import Flavour
from firmware_bridge.simulators.lorawan_network import NetworkServer, Weather
from tools.basecamp.listening import ListenAddress
from tools.basecamp.radio_views import RadioSightingView
from tools.basecamp.service import Basecamp, Lorawan
from tools.basecamp.store import Store

from . import lorawan as air
from . import samples
from .crop_camp import crop, heartbeats, name, sealed, sighting_record
from .field import PATIENCE_S, Broker, FieldStation, eventually
from .lorawan import Modem, RadioStation
from .radio_trap import Trap


@contextmanager
def listening(data: Path, broker: Broker, daily_limit: int | None = None) -> Iterator[Basecamp]:
    lorawan = Lorawan(broker.address, downlinks_per_day=daily_limit)
    with Basecamp(data, broker.address, listen=ListenAddress(port=0), lorawan=lorawan) as running:
        eventually(lambda: hears(running), "basecamp hears the radio")
        yield running


def hears(basecamp: Basecamp) -> bool:
    status = basecamp.lorawan_status
    return status is not None and status.state is LinkState.LISTENING


@pytest.fixture
def camp(data: Path, broker: Broker) -> Iterator[Basecamp]:
    with Store(data) as store:
        store.devices.assign(air.DEV_EUI, "ridge-2")
    with listening(data, broker) as running:
        yield running


@pytest.fixture
def radio(station_key: StationKey, basecamp_key: BasecampKey) -> RadioStation:
    return RadioStation(station_key, basecamp_key.token)


@pytest.fixture
def network(broker: Broker) -> Iterator[NetworkServer]:
    with air.network_on(broker) as network:
        yield network


@pytest.fixture
def modem(network: NetworkServer, radio: RadioStation) -> Modem:
    return Modem(network, radio)


def shown(basecamp: Basecamp) -> list[str]:
    """The references or burst ids of what is shown, each sighting once."""
    return [
        view.sighting.reference.hex()
        if isinstance(view, RadioSightingView)
        else view.sighting.burst_id
        for view in basecamp.store.views.news(limit=1000)
    ]


def publish(broker: Broker, topic: str, payload: bytes) -> None:
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    client.publish(topic, payload, qos=1).wait_for_publish(PATIENCE_S)
    client.disconnect()
    client.loop_stop()


@pytest.mark.parametrize("flavours", [air.CHIRPSTACK, air.THINGS])
def test_a_sighting_by_radio_is_shown_and_acknowledged_with_the_next_uplink(
    camp: Basecamp, broker: Broker, radio: RadioStation, flavours: tuple[Flavour, ...]
) -> None:
    with air.network_on(broker, flavours) as network:
        modem = Modem(network, radio)
        frame = modem.send(air.sighting_record(1))
        eventually(lambda: network.queued(air.IDENTITY.dev_eui) == 1, "an answer waits")
        (view,) = camp.store.views.news(10)
        assert isinstance(view, RadioSightingView)
        assert view.sighting == air.radio_sighting(1)
        assert view.captured_at == samples.sighting(1).captured_at
        assert view.received_bytes == len(frame) == 36
        modem.send(air.heartbeat_record())
        assert radio.acknowledged == {1}


def test_an_alert_and_a_heartbeat_come_by_radio_as_well(camp: Basecamp, modem: Modem) -> None:
    modem.send(air.sighting_record(1, observation_type=ObservationType.HUMAN, target=False))
    modem.send(air.heartbeat_record())
    eventually(lambda: camp.store.views.stations()[0].radio is not None, "the heartbeat comes")
    (view,) = camp.store.views.news(10)
    assert isinstance(view, RadioSightingView)
    assert view.sighting.alert
    (station,) = camp.store.views.stations()
    assert station.heartbeat is not None
    assert station.heartbeat.outbox_items == 4
    assert station.heartbeat.alarms == ("battery-low",)
    assert station.heartbeat.vitals.battery_mv == 3710


def test_a_beacon_says_that_there_is_news_until_a_sighting_comes(
    camp: Basecamp, modem: Modem, radio: RadioStation
) -> None:
    modem.send_raw(radio.sealer.beacon(air.BEACON))
    eventually(lambda: camp.store.views.stations()[0].beacon is not None, "the beacon comes")
    (station,) = camp.store.views.stations()
    assert station.beacon is not None
    assert station.beacon.beacon == air.BEACON
    assert camp.store.views.news(10) == []
    modem.send(air.sighting_record(1))
    eventually(lambda: len(camp.store.views.news(10)) == 1, "the sighting comes")
    assert camp.store.views.stations()[0].beacon is None


def test_radio_first_and_the_full_record_later_are_one_sighting(
    camp: Basecamp, modem: Modem, station: FieldStation
) -> None:
    modem.send(air.sighting_record(1))
    eventually(lambda: len(shown(camp)) == 1, "the radio record comes")
    full = samples.sighting_message(samples.sighting(1))
    station.send(full)
    assert station.next_acknowledged() == full.item_id
    assert shown(camp) == [samples.burst_id(1)]
    (view,) = camp.store.views.sightings(10)
    assert view.radio_at is not None
    assert view.radio_at < view.received_at
    assert view.received_bytes == len(station.seal(full)) + 36


def test_a_radio_record_after_the_full_one_is_acknowledged_and_adds_nothing(
    camp: Basecamp, modem: Modem, radio: RadioStation, station: FieldStation
) -> None:
    full = samples.sighting_message(samples.sighting(1))
    station.send(full)
    station.next_acknowledged()
    modem.send(air.sighting_record(1))
    until_acknowledged(modem, radio, {1})
    assert shown(camp) == [samples.burst_id(1)]


def until_acknowledged(modem: Modem, radio: RadioStation, wanted: set[int]) -> None:
    """Send heartbeats, as a station does now and then, until the answer has come."""
    sequence = iter(range(5000, 6000))

    def heard() -> bool:
        modem.send(air.heartbeat_record(next(sequence)))
        return wanted <= radio.acknowledged

    eventually(heard, f"{wanted} are acknowledged")


def test_a_record_sent_again_in_a_new_frame_is_stored_once_and_acknowledged_again(
    camp: Basecamp, modem: Modem, radio: RadioStation
) -> None:
    for _ in range(3):
        radio.acknowledged.clear()
        modem.send(air.sighting_record(1))
        until_acknowledged(modem, radio, {1})
    assert len(shown(camp)) == 1


def test_forged_replayed_and_foreign_frames_are_refused_and_told(
    camp: Basecamp,
    modem: Modem,
    broker: Broker,
    network: NetworkServer,
    basecamp_key: BasecampKey,
    radio: RadioStation,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="tools.basecamp")
    frame = radio.sealer.seal(air.sighting_record(1))
    for bit in range(8 * len(frame)):
        flipped = bytearray(frame)
        flipped[bit // 8] ^= 1 << bit % 8
        modem.send_raw(bytes(flipped))
    stranger = RadioStation(StationKey.generate(), basecamp_key.token)
    modem.send_raw(stranger.sealer.seal(air.sighting_record(2)))
    modem.send_raw(radio.sealer.seal(air.heartbeat_record(901)))
    eventually(lambda: camp.store.views.stations()[0].radio is not None, "an honest frame comes")
    assert shown(camp) == []
    assert caplog.text.count("ridge-2: by radio: the radio frame's tag does not fit") == 1


def test_a_replayed_frame_is_refused_also_after_a_restart(
    data: Path,
    broker: Broker,
    network: NetworkServer,
    modem: Modem,
    radio: RadioStation,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="tools.basecamp")
    with Store(data) as store:
        store.devices.assign(air.DEV_EUI, "ridge-2")
    with listening(data, broker) as camp:
        frame = modem.send(air.heartbeat_record(901))
        eventually(lambda: camp.store.views.stations()[0].radio is not None, "it comes")
    with listening(data, broker) as camp:
        modem.send_raw(frame)
        modem.send(air.sighting_record(1))
        eventually(lambda: len(shown(camp)) == 1, "a new frame comes")
        (tally,) = [view.counts for view in camp.store.views.stations()]
    assert dict(tally)["radio heartbeat"] == 1
    assert "by radio: a frame came before" in caplog.text


def test_a_device_that_no_station_has_is_told_with_its_eui_and_heard_once_it_is_given(
    data: Path, broker: Broker, modem: Modem, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="tools.basecamp")
    with listening(data, broker) as camp:
        modem.send(air.sighting_record(1))
        told = f"irbis basecamp radio STATION --dev-eui {air.DEV_EUI}"
        eventually(lambda: told in caplog.text, "the way out is told")
        camp.store.devices.assign(air.DEV_EUI, "ridge-2")
        modem.send(air.sighting_record(1))
        eventually(lambda: len(shown(camp)) == 1, "it is heard")


def test_rubbish_on_the_topics_is_refused_and_the_next_uplink_is_heard(
    camp: Basecamp, broker: Broker, modem: Modem, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="tools.basecamp")
    for rubbish in (b"", b"\xff", b"[]", b"[" * 100_000, b'{"deviceInfo": 3}', b"9" * 5000):
        publish(broker, f"application/x/device/{air.DEV_EUI}/event/up", rubbish)
        publish(broker, "v3/irbis@ttn/devices/one/up", rubbish)
    modem.send(air.sighting_record(1))
    eventually(lambda: len(shown(camp)) == 1, "it is heard")
    assert "Traceback" not in caplog.text


def test_what_came_while_basecamp_was_down_is_heard_when_it_is_up(
    data: Path, broker: Broker, modem: Modem
) -> None:
    with Store(data) as store:
        store.devices.assign(air.DEV_EUI, "ridge-2")
    with listening(data, broker):
        pass
    modem.send(air.sighting_record(1))
    modem.send(air.sighting_record(2))
    with listening(data, broker) as camp:
        eventually(lambda: len(shown(camp)) == 2, "both are heard")


def test_a_broker_that_is_away_is_told_and_heard_again_when_it_is_back(
    camp: Basecamp, broker: Broker
) -> None:
    broker.kill()
    eventually(lambda: setback(camp) in (Setback.ABSENT, Setback.LOST), "it is told")
    broker.start()
    eventually(lambda: hears(camp), "it listens again")


def setback(basecamp: Basecamp) -> Setback | None:
    assert basecamp.lorawan_status is not None
    return basecamp.lorawan_status.setback


@pytest.mark.parametrize(
    ("weather", "seed"),
    [
        (Weather(loss=0.3, downlink_loss=0.3, duplicate=0.2, reorder=0.2, snr_db=10), 1),
        (Weather(loss=0.6, downlink_loss=0.5, duplicate=0.5, reorder=0.3, snr_db=10), 2),
    ],
)
def test_through_loss_doubles_and_disorder_every_sighting_arrives_exactly_once(
    camp: Basecamp,
    broker: Broker,
    radio: RadioStation,
    station: FieldStation,
    weather: Weather,
    seed: int,
) -> None:
    """A station sends what is not acknowledged, in turn, until all is; half come in full, too."""
    numbers = range(1, 21)
    with air.network_on(broker, air.BOTH, Weather(snr_db=10), seed) as network:
        modem = Modem(network, radio)
        network.weather = weather
        for number in numbers[::2]:
            station.send(samples.sighting_message(samples.sighting(number)))

        def round_trip() -> bool:
            for number in numbers:
                if number not in radio.acknowledged:
                    modem.send(air.sighting_record(number))
            return radio.acknowledged >= set(numbers)

        eventually(round_trip, "everything is acknowledged")
    for _ in numbers[::2]:
        station.next_acknowledged()
    full = {samples.burst_id(number) for number in numbers[::2]}
    by_radio = {air.radio_sighting(number).reference.hex() for number in numbers[1::2]}
    assert sorted(shown(camp)) == sorted(full | by_radio)


def test_the_picture_of_a_new_cat_is_fetched_by_radio_and_shown(
    camp: Basecamp,
    network: NetworkServer,
    station_key: StationKey,
    basecamp_key: BasecampKey,
) -> None:
    picture = crop(1, 700)
    trap = Trap({name(1): sealed(1, picture, basecamp_key.token)}, station_key, basecamp_key.token)
    modem = Modem(network, trap)
    beats = heartbeats()
    modem.send(sighting_record(1, picture))

    def pictures() -> list[bytes]:
        (view,) = camp.store.views.news(10)
        found = [camp.store.media_path(one.sha256) for one in view.pictures]
        return [path.read_bytes() for path, _ in filter(None, found)]

    def comes() -> bool:
        frame = trap.next_frame(242)
        modem.send_raw(trap.say(next(beats)) if frame is None else frame)
        return bool(pictures())

    eventually(lambda: len(shown(camp)) == 1, "the sighting comes")
    eventually(comes, "its picture comes")
    assert pictures() == [picture.data]


def test_records_named_only_by_uptime_get_their_time_from_a_heartbeat(
    camp: Basecamp, modem: Modem
) -> None:
    unset = samples.sighting(1, clock=ClockQuality.UNSET)
    modem.send(encode_radio_sighting(condensed(unset, 1, uptime=Uptime(3, 7000))))
    eventually(lambda: len(shown(camp)) == 1, "the sighting comes")
    (view,) = camp.store.views.news(10)
    assert isinstance(view, RadioSightingView)
    assert view.captured_at is None
    modem.send(air.heartbeat_record(900, boot=3, uptime_s=7200))
    eventually(lambda: camp.store.views.stations()[0].radio is not None, "the heartbeat comes")
    (view,) = camp.store.views.news(10)
    assert isinstance(view, RadioSightingView)
    assert view.captured_at == air.heartbeat(900).sent_at - timedelta(seconds=200)
