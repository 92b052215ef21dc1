"""Lost, doubled and damaged frames, brown-outs, and a line full of garbage."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from firmware_bridge.mcu import Controller, PirEvent, Restarted
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.controller import Faults, SimulatedController
from tests.firmware_bridge.mcu.bench import linked, take

BAD_LINE = Faults(lose=0.15, double=0.15, flip=0.1, garbage=0.15)
MEGABYTE = 1_000_000


@pytest.mark.parametrize("seed", range(3))
def test_over_a_bad_line_no_event_is_lost_and_none_doubled(seed: int) -> None:
    with linked(seed=seed, faults=BAD_LINE) as (device, controller):
        numbers = []
        for _ in range(5):
            for _ in range(8):
                device.pir()
            for event in take(controller, 8):
                assert isinstance(event, PirEvent)
                numbers.append(event.number)

        assert numbers == list(range(40))
        assert device.waiting == 0 or list(controller.events(0.5)) == []


@pytest.mark.parametrize("seed", range(3))
def test_over_a_bad_line_a_block_of_counters_is_reserved_once_for_each_call(seed: int) -> None:
    with linked(seed=seed, faults=BAD_LINE) as (_, controller):
        blocks = [controller.reserve(0, 16) for _ in range(30)]

    assert blocks == [range(first, first + 16) for first in range(0, 480, 16)]


@pytest.mark.parametrize("seed", range(3))
def test_over_brown_outs_no_number_is_ever_given_twice(seed: int) -> None:
    failing = Faults(lose=0.1, double=0.1, flip=0.05, garbage=0.1, brown_out=0.1)
    with linked(seed=seed, faults=failing) as (device, controller):
        given = [number for _ in range(30) for number in controller.reserve(1, 8)]

        assert len(given) == len(set(given)) == 240
        assert given == sorted(given)
        assert device.boot > 1


def test_over_brown_outs_events_that_come_are_in_order_and_none_twice() -> None:
    failing = Faults(lose=0.1, double=0.1, garbage=0.1, brown_out=0.03)
    with linked(seed=5, faults=failing) as (device, controller):
        seen: list[tuple[int, int]] = []
        for _ in range(40):
            device.pir()
            for event in controller.events(timeout_s=0.05):
                if isinstance(event, PirEvent):
                    seen.append((event.boot, event.uptime_ms))
        assert seen == sorted(seen)
        assert len(seen) == len(set(seen))
        assert len(seen) > 20


def test_after_megabytes_of_garbage_from_the_controller_the_next_call_is_answered() -> None:
    # Four tries, and time for a machine that has other things to do.
    with (
        SimulatedController(seed=3) as device,
        Controller(SerialPort(device.path), resend_s=2.5, tries=4) as controller,
    ):
        controller.connect()
        device.flood(4 * MEGABYTE)
        while device.noise_left:
            assert list(controller.events(timeout_s=0.1)) == []

        assert controller.ping().waiting == 0
        assert controller.damaged > 1000


def test_garbage_takes_no_memory() -> None:
    with linked(seed=4) as (device, controller):
        controller.connect()
        device.flood(MEGABYTE // 4)
        assert list(controller.events(timeout_s=0.1)) == []
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        device.flood(MEGABYTE)
        while device.noise_left:
            assert list(controller.events(timeout_s=0.1)) == []
        after, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert after - before < 32_000
    assert most - before < 128_000


def test_requests_get_through_while_the_line_carries_garbage() -> None:
    with linked(seed=6) as (device, controller):
        controller.connect()
        device.flood(MEGABYTE)
        blocks = [controller.reserve(0, 4) for _ in range(5)]

    assert blocks == [range(0, 4), range(4, 8), range(8, 12), range(12, 16), range(16, 20)]


def test_after_garbage_to_the_controller_it_answers_and_has_done_nothing() -> None:
    with SimulatedController(seed=7) as device:
        port = SerialPort(device.path)
        with Controller(port, resend_s=2.5, tries=4) as controller:
            first = controller.reserve(0, 1)
            drawn = random.Random(7)
            for _ in range(500):
                port.write(drawn.randbytes(2000))

            assert controller.reserve(0, 1) == range(first.stop, first.stop + 1)
            assert device.boot == 1
            assert device.host_has_power
            assert not any(isinstance(event, Restarted) for event in controller.events(0.1))
