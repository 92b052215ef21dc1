"""The simulated end device: what it does without being asked."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from firmware_bridge.lorawan_regions import REGIONS, time_on_air_s
from firmware_bridge.simulators.at_device import Timers
from firmware_bridge.simulators.lorawan_air import JoinRequest
from firmware_bridge.simulators.lorawan_network import NetworkServer, Weather
from firmware_bridge.simulators.lorawan_radio import Radio, Transmitted
from tests.firmware_bridge.lorawan import IDENTITY

WHO = JoinRequest(IDENTITY.dev_eui, IDENTITY.join_eui, IDENTITY.app_key, 0, 0, 0)


class Bench:
    """A joined radio in a time that passes only when it is told to."""

    def __init__(self, region: str = "IN865") -> None:
        self.now_s = 0.0
        self.timers = Timers(lambda: self.now_s)
        self.network = NetworkServer(lambda _: None)
        self.network.register(IDENTITY, REGIONS[region])
        self.on_air_s: list[float] = []
        self.radio = Radio(
            REGIONS[region],
            self.network,
            self.timers,
            random.Random(1),
            lambda: self.on_air_s.append(self.now_s),
        )
        self.radio.join(WHO, lambda _: None)
        self.pass_until(lambda: self.radio.session is not None)
        self.on_air_s.clear()

    def pass_until(self, done: Callable[[], bool]) -> None:
        while not done():
            wait_s = self.timers.run_due()
            assert wait_s is not None or done(), "nothing will ever happen"
            self.now_s += wait_s or 0.0

    def send(self, confirmed: bool = False, tries: int = 1) -> Transmitted:
        self.now_s += self.radio.wait_s()
        ends: list[Transmitted] = []
        self.radio.send(2, b"cat", confirmed, tries, ends.append)
        self.pass_until(lambda: bool(ends))
        return ends[0]


def test_a_device_that_hears_nothing_asks_and_then_slows_down_to_be_heard() -> None:
    bench = Bench()
    bench.radio.data_rate = 5
    bench.network.weather = Weather(loss=1.0)
    rates = []
    for _ in range(64 + 32 * 8):
        bench.send()
        rates.append(bench.radio.data_rate)
    assert rates[94] == 5, "64 uplinks, and 32 more that ask for an answer"
    assert rates[96] == 4
    assert rates[-1] == 0
    assert sorted(rates, reverse=True) == rates


def test_a_device_that_asks_is_answered() -> None:
    bench = Bench()
    bench.network.weather = Weather(snr_db=-15.0)  # no reason for another data rate
    answers = [bench.send().downlink for _ in range(65)]
    asked = [number for number, answer in enumerate(answers) if answer is not None]
    assert asked
    assert asked[0] >= 64


def test_a_confirmed_frame_is_repeated_with_the_same_counter() -> None:
    bench = Bench()
    bench.network.weather = Weather(loss=1.0)
    before = bench.radio.counter
    assert not bench.send(confirmed=True, tries=3).acknowledged
    assert len(bench.on_air_s) == 3
    assert bench.radio.counter == before + 1


@pytest.mark.parametrize("region", ["EU868", "RU864", "AS923"])
def test_no_band_is_used_more_than_its_share(region: str) -> None:
    bench = Bench(region)
    bench.network.weather = Weather(loss=1.0)
    started_s = bench.now_s
    for _ in range(60):
        bench.send(confirmed=True, tries=2)
    bench.now_s += bench.radio.wait_s()
    frame_s = time_on_air_s(bench.radio.region.data_rates[bench.radio.data_rate], 13 + 3)
    bands = len(bench.radio.region.bands)
    allowed_s = 0.01 * bands * (bench.now_s - started_s) + bands * frame_s
    assert len(bench.on_air_s) * frame_s <= allowed_s
