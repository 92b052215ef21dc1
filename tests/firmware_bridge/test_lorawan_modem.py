"""What every LoRaWAN modem does, whatever its dialect: both drivers, their simulated modules."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from firmware_bridge import rak3172, wio_e5
from firmware_bridge.errors import (
    BridgeError,
    JoinFailed,
    LinkLost,
    MustWait,
    NoReply,
    NotJoined,
    TooLong,
)
from firmware_bridge.join_backoff import JoinBackoff, ShortMemory
from firmware_bridge.lorawan_modem import State
from firmware_bridge.lorawan_regions import REGIONS
from firmware_bridge.modem import Delivery, Uplink
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.at_device import Faults
from firmware_bridge.simulators.lorawan_network import (
    Answered,
    Joined,
    NetworkServer,
    QueuedDownlink,
    Weather,
)
from tests.firmware_bridge.lorawan import IDENTITY, MODELS, SPEED, Field, field_with, when_allowed

EUI = IDENTITY.dev_eui


@pytest.fixture(params=sorted(MODELS))
def model(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def place(model: str) -> Iterator[Field]:
    with field_with(model) as found:
        found.modem.connect()
        yield found


def test_an_uplink_arrives_as_it_was_sent(place: Field) -> None:
    sent = place.send(bytes(range(51)), port=7)
    assert sent.delivery is Delivery.SENT
    (event,) = place.received()
    assert (event.frame.payload, event.frame.port) == (bytes(range(51)), 7)
    assert place.modem.state is State.READY


def test_a_confirmed_uplink_says_so(place: Field) -> None:
    assert place.send(b"cat", confirmed=True).delivery is Delivery.CONFIRMED
    assert place.received()[0].frame.confirmed


def test_an_uplink_that_nobody_confirms_says_that(model: str) -> None:
    with field_with(model) as place:
        place.modem.connect()
        place.network.weather = Weather(loss=1.0)
        assert place.send(b"cat", confirmed=True).delivery is Delivery.UNCONFIRMED
        assert not place.received()


def test_downlinks_come_with_the_uplinks_that_opened_their_windows(place: Field) -> None:
    place.network.queue(EUI, [QueuedDownlink(5, b"\x00want"), QueuedDownlink(6, b"known")], False)
    first, second = place.send(b"a").downlinks, place.send(b"b").downlinks
    assert [(each.payload, each.port) for each in first + second] == [
        (b"\x00want", 5),
        (b"known", 6),
    ]
    assert all(each.rssi_dbm is not None and each.snr_db is not None for each in first + second)


def test_a_confirmed_downlink_is_answered_with_the_next_uplink(place: Field) -> None:
    place.network.queue(EUI, [QueuedDownlink(5, b"stop", confirmed=True)], False)
    place.send(b"a")
    place.send(b"b")
    told = [event.acknowledged for event in place.events.queue if isinstance(event, Answered)]
    assert told == [None, True]


def test_a_look_for_downlinks_sends_the_least_that_opens_a_window(place: Field) -> None:
    place.network.queue(EUI, [QueuedDownlink(5, b"hello")], False)
    found = when_allowed(lambda: place.modem.exchange(None))
    assert found.delivery is Delivery.NOTHING
    assert [each.payload for each in found.downlinks] == [b"hello"]
    assert len(place.payloads()[0]) <= 1


def test_what_the_data_rate_cannot_carry_is_never_shown_to_the_modem(place: Field) -> None:
    assert place.modem.capacity().payload_bytes == 51
    with pytest.raises(TooLong) as refused:
        place.modem.exchange(Uplink(bytes(52)))
    assert refused.value.most_bytes == 51
    assert refused.value.unsent
    assert place.device.transmissions == 1, "the join, and nothing since"
    assert place.modem.state is State.READY


@pytest.mark.parametrize("port", [0, 224, 255])
def test_ports_that_lorawan_keeps_for_itself_are_refused(place: Field, port: int) -> None:
    with pytest.raises(ValueError, match="port"):
        place.modem.exchange(Uplink(b"x", port))


def test_the_network_raises_the_data_rate_and_the_driver_follows(model: str) -> None:
    with field_with(model, REGIONS["IN865"], adr_after=4) as place:
        place.modem.connect()
        for number in range(6):
            place.send(bytes([number]))
        now = place.modem.capacity()
        assert (now.data_rate or 0) >= 3
        assert now.payload_bytes >= 115
        place.send(bytes(now.payload_bytes))
        assert place.payloads()[-1] == bytes(now.payload_bytes)


def test_answers_to_the_network_share_the_next_frame_and_a_full_payload_still_goes(
    place: Field,
) -> None:
    place.in_device(lambda: setattr(place.device.radio, "_answer_bytes", 2))
    place.send(bytes(51))
    assert place.payloads() == [b"", bytes(51)], "an empty frame took the answers along"


def test_answers_to_the_network_do_not_make_the_data_rate_look_slower(place: Field) -> None:
    place.in_device(lambda: setattr(place.device.radio, "_answer_bytes", 15))
    assert place.modem.capacity().payload_bytes == 51


def test_one_exchange_is_one_frame_on_the_air(model: str) -> None:
    """Airtime is counted before an exchange, and for one frame."""
    with field_with(model, REGIONS["IN865"]) as place:
        place.modem.connect()
        place.in_device(lambda: setattr(place.device.radio, "_answer_bytes", 2))
        before = place.device.transmissions
        with pytest.raises(MustWait) as refused:
            place.modem.exchange(Uplink(bytes(51)))
        assert (refused.value.wait_s, refused.value.unsent) == (0.0, False)
        assert place.device.transmissions == before + 1
        place.modem.exchange(Uplink(bytes(51)))
        assert place.device.transmissions == before + 2


def test_a_confirmed_frame_that_nobody_answers_is_sent_once(model: str) -> None:
    """Whether it is worth its airtime once more, who calls knows better."""
    with field_with(model, REGIONS["IN865"]) as place:
        place.modem.connect()
        place.network.weather = Weather(loss=1.0)
        before = place.device.transmissions
        assert place.send(b"cat", confirmed=True).delivery is Delivery.UNCONFIRMED
        assert place.device.transmissions == before + 1


def test_the_duty_cycle_is_obeyed_and_told(model: str) -> None:
    # Slow enough that its sub-bands are not free again while a busy machine gets two frames out.
    with field_with(model, speed=SPEED / 5) as place:
        place.modem.connect()
        with pytest.raises(MustWait) as refused:
            for _ in range(5):
                place.modem.exchange(Uplink(bytes(51)))
        # 2.8 s on the air at 1 %, on two sub-bands.
        assert 0 < refused.value.wait_s <= 280
        assert refused.value.unsent
        now = place.modem.capacity()
        assert now.payload_bytes == 0
        assert 0 < now.wait_s <= refused.value.wait_s
        assert place.send(b"later").delivery is Delivery.SENT


def test_a_session_is_kept_when_the_computer_restarts(place: Field) -> None:
    place.send(b"before")
    place.reboot()
    place.modem.connect()
    assert place.device.joins == 1
    assert sum(isinstance(event, Joined) for event in place.events.queue) == 1


def test_a_modem_that_kept_its_session_over_a_power_cut_does_not_join_again(model: str) -> None:
    with field_with(model, keeps_session=True) as place:
        place.modem.connect()
        place.in_device(place.device.restart)
        place.modem.connect()
        assert place.send(b"after").delivery is Delivery.SENT
        assert place.device.joins == 1


def test_a_modem_that_lost_its_session_joins_again(model: str) -> None:
    with field_with(model) as place:
        place.modem.connect()
        place.in_device(place.device.restart)
        with pytest.raises((NotJoined, NoReply)):
            place.modem.exchange(Uplink(b"lost"))
        place.modem.connect()
        assert place.send(b"after").delivery is Delivery.SENT
        assert place.device.joins == 2


def test_a_modem_that_was_unplugged_is_told(model: str) -> None:
    simulated, driver = MODELS[model]
    network = NetworkServer(lambda _: None)
    network.register(IDENTITY, REGIONS["EU868"])
    with simulated(network, REGIONS["EU868"], speed=SPEED) as device:
        modem = driver(SerialPort(device.path), IDENTITY, REGIONS["EU868"])  # type: ignore[arg-type]
        modem.connect()
    with pytest.raises(LinkLost):
        modem.capacity()
    assert modem.state is State.UNKNOWN
    modem.close()


def test_nothing_is_sent_before_connect(model: str) -> None:
    with field_with(model) as place:
        with pytest.raises(NotJoined, match="connect") as refused:
            place.modem.exchange(Uplink(b"x"))
        assert refused.value.unsent
        with pytest.raises(NotJoined):
            place.modem.capacity()


def test_a_key_that_the_network_does_not_know_fails_the_join_and_says_so(model: str) -> None:
    stranger = replace(IDENTITY, app_key=bytes(16))
    with field_with(model, identity=stranger) as place:
        with pytest.raises(JoinFailed, match="key") as refused:
            place.modem.connect()
        # 1.48 s on the air at 1 %, and up to half as much again.
        assert 140 < refused.value.wait_s <= 223
        assert place.modem.state is State.CONFIGURED


def test_joins_are_not_hammered_not_even_by_a_station_that_reboots(model: str) -> None:
    memory = ShortMemory()
    weather = Weather(loss=1.0)
    with field_with(model, weather=weather, memory=memory, join_clock=lambda: 1e9) as place:
        for _ in range(5):
            with pytest.raises(JoinFailed) as refused:
                place.modem.connect()
            assert refused.value.wait_s > 0
            place.reboot()
        assert place.device.joins == 1


def test_the_join_is_written_down_before_it_is_sent(model: str) -> None:
    clock = Hurrying()

    class Witness(ShortMemory):
        def save(self, state: bytes) -> None:
            super().save(state)
            clock.pace = 10  # from here on it is waited for in vain

    memory = Witness()
    faults = Faults(brownout_every=1)
    with field_with(
        model, memory=memory, faults=faults, join_clock=lambda: 1e9, clock=clock
    ) as place:
        with pytest.raises(BridgeError):
            place.modem.connect()
        assert memory.load()
        clock.pace = 1
        place.reboot()
        with pytest.raises(JoinFailed):
            place.modem.connect()
        assert place.device.joins == 1


class Airtime(JoinBackoff):
    """Counts what joins cost."""

    spent_s = 0.0

    def attempt(self, airtime_s: float) -> None:
        super().attempt(airtime_s)
        self.last_s = airtime_s
        self.spent_s += airtime_s

    def unsent(self) -> None:
        self.spent_s -= self.last_s


def test_a_session_that_is_found_costs_no_airtime(model: str) -> None:
    with field_with(model) as place:
        airtime = place.modem._backoff = Airtime(ShortMemory())
        place.modem.connect()
        assert airtime.spent_s > 1
        before_s = airtime.spent_s
        place.modem.connect()
        assert airtime.spent_s == before_s
        assert place.device.joins == 1


def test_a_join_that_succeeds_ends_the_back_off(place: Field, model: str) -> None:
    memory = ShortMemory()
    with field_with(model, memory=memory) as other:
        other.modem.connect()
        assert not memory.load()


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_every_region_is_joined_and_used(model: str, region: str) -> None:
    with field_with(model, REGIONS[region]) as place:
        if model == "wio-e5":
            place.in_device(lambda: place.device.radio.use(REGIONS["EU868"]))
        place.modem.connect()
        most = place.modem.capacity().payload_bytes
        assert most == REGIONS[region].payload_bytes(REGIONS[region].join_data_rate)
        assert place.send(bytes(most)).delivery is Delivery.SENT


def test_settings_that_are_right_are_not_written_again(place: Field) -> None:
    asked: list[str] = []
    command = place.device.command

    def listen(line: str) -> None:
        asked.append(line)
        command(line)

    place.in_device(lambda: setattr(place.device, "command", listen))
    place.modem.connect()
    writes = [line for line in asked if "=" in line and not line.endswith(("=?", "LEN"))]
    assert [line for line in writes if not line.startswith("AT+ID=")] == []
    assert not any('"' in line for line in writes)


def test_a_modem_without_power_is_told_as_no_reply(model: str) -> None:
    clock = Hurrying()
    with field_with(model, clock=clock) as place:
        place.modem.connect()
        clock.pace = 10
        place.in_device(lambda: setattr(place.device, "_powered", False))
        with pytest.raises(NoReply):
            place.modem.capacity()
        assert place.modem.state is State.UNKNOWN
        with pytest.raises(NotJoined):
            place.modem.exchange(Uplink(b"x"))
        with pytest.raises(NoReply, match="power"):
            place.modem.connect()


def test_garbage_without_end_stops_nobody(model: str) -> None:
    clock = Hurrying()
    with field_with(model, clock=clock) as place:
        place.modem.connect()
        clock.pace = 10

        def flood() -> None:
            place.device.write(place.device.random.randbytes(4096))
            place.device.timers.after(0.1, flood)

        place.in_device(flood)
        for _ in range(20):
            with suppress(BridgeError):  # it may get through, or say that it does not
                place.modem.capacity()
        place.in_device(place.device.timers.cancel_all)
        clock.pace = 1
        place.modem.connect()
        assert place.send(b"after").delivery is Delivery.SENT


@pytest.mark.parametrize("seed", [1, 2])
def test_bad_days_end_with_everything_delivered(
    model: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loss, lost and spoilt lines, a weak supply: what was confirmed has arrived, and all is."""
    for module in (rak3172, wio_e5):
        monkeypatch.setattr(module, "_SEND_S", 20.0)  # no repeat waits for a duty cycle here
    weather = Weather(loss=0.3, downlink_loss=0.2)
    faults = Faults(lost_reply=0.02, noise=0.02, brownout_every=7)
    with field_with(
        model,
        REGIONS["IN865"],  # no duty cycle to wait for
        weather=weather,
        seed=seed,
        speed=80.0,
        clock=lambda: time.monotonic() * 80,
        join_clock=_impatient,
        faults=faults,
    ) as place:
        for number in range(8):
            _deliver(place, bytes([number]) * 10)
        assert set(place.payloads()) >= {bytes([number]) * 10 for number in range(8)}


class Hurrying:
    """A driver's clock. Faster, it cuts short what is waited for in vain; but an answer that comes
    is then late on a busy machine."""

    pace = 1

    def __call__(self) -> float:
        return time.monotonic() * self.pace


def _impatient() -> float:
    return time.monotonic() * 3000


def _deliver(place: Field, payload: bytes) -> None:
    for _ in range(200):
        try:
            if place.modem.state is not State.READY:
                place.modem.connect()
            if place.send(payload, confirmed=True).delivery is Delivery.CONFIRMED:
                assert payload in place.payloads()
                return
        except JoinFailed as wait:
            time.sleep(wait.wait_s / 3000)
        except LinkLost:
            raise
        except BridgeError:
            continue
    pytest.fail(f"never delivered: {payload!r}")
