"""The network stand-in: who is let in, what is counted, what is told."""

from __future__ import annotations

from dataclasses import replace
from queue import Queue

import pytest

from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.lorawan_regions import REGIONS
from firmware_bridge.simulators.lorawan_air import JoinAccept, JoinRequest, UplinkFrame
from firmware_bridge.simulators.lorawan_network import (
    Event,
    Joined,
    NetworkServer,
    QueuedDownlink,
    Received,
    Weather,
)

EU868 = REGIONS["EU868"]
WHO = Identity(b"station1", b"joineui1", b"0123456789abcdef")
REQUEST = JoinRequest(WHO.dev_eui, WHO.join_eui, WHO.app_key, 0, 12, 868_100_000)


def network(
    weather: Weather | None = None, seed: int = 1, adr_after: int = 20
) -> tuple[NetworkServer, list[Event], UplinkFrame]:
    """A network with one device in it, what it tells, and that device's first frame."""
    told: list[Event] = []
    server = NetworkServer(told.append, weather, seed, adr_after)
    server.register(WHO, EU868)
    accept = server.join(REQUEST)
    return server, told, frame_of(accept.dev_addr if accept else bytes(4))


def frame_of(dev_addr: bytes) -> UplinkFrame:
    return UplinkFrame(
        dev_addr=dev_addr,
        counter=0,
        port=2,
        payload=b"cat",
        confirmed=False,
        acknowledges=False,
        adr=True,
        adr_ack_request=False,
        data_rate=0,
        spreading_factor=12,
        bandwidth_hz=125_000,
        frequency_hz=868_100_000,
        airtime_s=1.0,
    )


def counters(told: list[Event]) -> list[int]:
    return [event.frame.counter for event in told if isinstance(event, Received)]


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, app_key=bytes(16)),
        replace(REQUEST, join_eui=bytes(8)),
        replace(REQUEST, dev_eui=bytes(8)),
    ],
)
def test_strangers_are_not_answered(request_: JoinRequest) -> None:
    server, told, _ = network()
    told.clear()
    assert server.join(request_) is None
    assert not told


def test_a_new_session_has_a_new_address_and_the_old_one_is_dead() -> None:
    server, told, frame = network()
    again = server.join(REQUEST)
    assert isinstance(again, JoinAccept)
    assert again.dev_addr != frame.dev_addr
    server.uplink(frame)
    assert counters(told) == []
    assert sum(isinstance(event, Joined) for event in told) == 2


def test_a_frame_counts_once_and_an_old_one_not_at_all() -> None:
    server, told, frame = network()
    for counter in (0, 0, 2, 1, 3):
        server.uplink(replace(frame, counter=counter))
    assert counters(told) == [0, 2, 3]


def test_a_repeat_of_a_confirmed_frame_is_confirmed_again_and_told_once() -> None:
    server, told, frame = network()
    answers = [server.uplink(replace(frame, confirmed=True)) for _ in range(2)]
    assert all(answer is not None and answer.acknowledges for answer in answers)
    assert counters(told) == [0]


def test_downlinks_go_one_an_uplink_and_tell_of_more() -> None:
    server, _, frame = network()
    server.queue(WHO.dev_eui, [QueuedDownlink(1, b"a"), QueuedDownlink(1, b"b")], False)
    first = server.uplink(frame)
    second = server.uplink(replace(frame, counter=1))
    assert first is not None
    assert second is not None
    assert (first.payload, first.pending) == (b"a", True)
    assert (second.payload, second.pending) == (b"b", False)
    assert server.uplink(replace(frame, counter=2)) is None


def test_a_queue_can_be_replaced() -> None:
    server, _, frame = network()
    server.queue(WHO.dev_eui, [QueuedDownlink(1, b"a"), QueuedDownlink(1, b"b")], False)
    server.queue(WHO.dev_eui, [QueuedDownlink(1, b"c")], replaces=True)
    answer = server.uplink(frame)
    assert answer is not None
    assert answer.payload == b"c"
    assert server.queued(WHO.dev_eui) == 0


def test_a_good_signal_raises_the_data_rate_and_a_weak_one_does_not() -> None:
    for snr_db, expected in ((10.0, 5), (-12.0, None)):
        server, _, frame = network(Weather(snr_db=snr_db), adr_after=4)
        orders = []
        for counter in range(4):
            answer = server.uplink(replace(frame, counter=counter))
            orders.append(answer.data_rate if answer else None)
        assert orders == [None, None, None, expected]


def test_a_signal_below_what_the_spreading_factor_needs_is_not_heard() -> None:
    server, told, frame = network(Weather(snr_db=-12.0))
    server.uplink(replace(frame, spreading_factor=7))
    assert counters(told) == []


def test_weather_is_the_same_for_the_same_seed() -> None:
    weather = Weather(loss=0.3, duplicate=0.3, reorder=0.3)

    def day(seed: int) -> list[int]:
        server, told, frame = network(weather, seed)
        frame = frame_of(next(iter(server._devices.values())).dev_addr)
        for counter in range(60):
            server.uplink(replace(frame, counter=counter))
        server.flush()
        return counters(told)

    assert day(3) == day(3)
    assert day(3) != day(4)


def test_weather_loses_doubles_and_changes_the_order_and_holds_nothing_back_for_ever() -> None:
    server, told, frame = network(Weather(duplicate=0.3, reorder=0.3))
    for counter in range(200):
        server.uplink(replace(frame, counter=counter))
    server.flush()
    seen = counters(told)
    assert set(seen) == set(range(200))
    assert len(seen) > 230, "some are told twice"
    assert seen != sorted(seen), "and some late"
    ids = {event.event_id for event in told if isinstance(event, Received)}
    assert len(ids) == 200, "both tellings of one uplink bear one id"


def test_the_last_event_is_told_though_no_other_follows() -> None:
    told: Queue[Event] = Queue()
    server = NetworkServer(told.put, Weather(reorder=1.0), hold_s=0.01)
    server.register(WHO, EU868)
    accept = server.join(REQUEST)
    assert accept is not None
    assert isinstance(told.get(timeout=30), Joined)
    server.uplink(frame_of(accept.dev_addr))
    assert isinstance(told.get(timeout=30), Received)


def test_a_lost_uplink_is_a_gap_in_the_counters() -> None:
    server, told, frame = network()
    server.weather = Weather(loss=0.5)
    for counter in range(100):
        server.uplink(replace(frame, counter=counter))
    assert 20 < len(counters(told)) < 80
